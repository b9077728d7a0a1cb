(()=>{var k=`
:host { all: initial; --ground: #fffdf8; --ink: #26221a; --line: #e6decd; --accent: #9a4f06; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) { :host { --ground: #191713; --ink: #f1ece0; --line: #3a352a; --accent: #f2ad4e; --on-accent: #241703; } }
@media print { :host { display: none; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, dialog { font: 16px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
:lang(zh) { font-family: system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
button, a { color: inherit; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
.open {
  position: fixed; inset-block-end: max(16px, env(safe-area-inset-bottom)); inset-inline-end: 16px; z-index: 2147483000; max-width: calc(100vw - 32px);
  display: flex; align-items: center; gap: 10px; min-height: 52px; padding: 0 20px 0 16px; border: 0; border-radius: 999px;
  background: var(--accent); color: var(--on-accent); font-weight: 600; box-shadow: 0 4px 16px rgb(0 0 0 / .25);
}
.open:focus-visible { outline: 3px solid var(--on-accent); outline-offset: -6px; border-radius: 999px; }
.open svg { flex: none; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linejoin: round; }
dialog {
  position: fixed; inset: auto; inset-block-end: 84px; inset-inline-end: 16px; z-index: 2147483001; margin: 0; padding: 0; overflow: hidden;
  width: 400px; max-width: calc(100vw - 32px); height: min(var(--height, 560px), 100dvh - 100px); max-height: none;
  border: 1px solid var(--line); border-radius: 16px; background: var(--ground); color: var(--ink); box-shadow: 0 12px 40px rgb(0 0 0 / .3);
}
dialog[open] { display: flex; flex-direction: column; }
.head { flex: none; display: flex; align-items: center; gap: 8px; padding: 4px 4px 4px 16px; border-bottom: 1px solid var(--line); }
h2 { flex: 1; min-width: 0; margin: 0; font-size: 16px; font-weight: 650; }
.close { flex: none; width: 44px; height: 44px; border: 0; background: none; font-size: 26px; line-height: 1; }
.failed { margin: 0; padding: 16px; }
iframe { flex: 1; width: 100%; min-height: 0; border: 0; }
@media (max-width: 30rem), (max-height: 26rem) {
  dialog { inset: 0; width: 100%; max-width: none; height: 100dvh; border: 0; border-radius: 0; }
}
`,v=window.matchMedia("(max-width: 30rem), (max-height: 26rem)"),E=420,L=720,M=54;function d(s,o,...r){let i=document.createElement(s);for(let t in o)i.setAttribute(t,o[t]);return i.append(...r),i}function z(){let s="http://www.w3.org/2000/svg",o=document.createElementNS(s,"svg");for(let[i,t]of Object.entries({viewBox:"0 0 24 24",width:"24",height:"24","aria-hidden":"true"}))o.setAttribute(i,t);let r=document.createElementNS(s,"path");return r.setAttribute("d","M4 5h16v11H11l-4.5 4v-4H4z"),o.append(r),o}function y(s){let o=new URL(s.src),r=o.origin+o.pathname.replace(/\/embed\.js$/,""),i=(s.dataset.lang||document.documentElement.lang||navigator.language).toLowerCase().startsWith("zh")?"zh":"en",t=n=>WORDS[i][n]??n,m=d("osmanthus-chat",{lang:i==="zh"?"zh-Hans":"en"}),g=m.attachShadow({mode:"open"}),f=new CSSStyleSheet;f.replaceSync(k),g.adoptedStyleSheets=[f];let u=new URLSearchParams({lang:i,origin:location.origin});s.dataset.event&&u.set("event",s.dataset.event);let S=`${r}/embed?${u}`,p=d("p",{class:"failed",role:"alert",hidden:""},t("web.embed.failed")," ",d("a",{href:`${r}/?lang=${i}`,target:"_blank",rel:"noopener"},t("web.embed.window"))),a=d("iframe",{title:t("web.embed.title"),allow:"clipboard-write"}),b=d("button",{type:"button",class:"close","aria-label":t("web.embed.close"),title:t("web.embed.close")},"×"),e=d("dialog",{id:"chat","aria-labelledby":"title"},d("div",{class:"head"},d("h2",{id:"title"},t("web.embed.title")),b),p,a),c=d("button",{type:"button",class:"open","aria-haspopup":"dialog","aria-expanded":"false","aria-controls":"chat"},z(),t("web.embed.open"));g.append(c,e);let l=!1,x=()=>{!l||!e.open||(a.focus(),a.contentWindow.postMessage({osmanthus:1,type:"open"},o.origin))},w=()=>{a.src||(a.src=S),v.matches?e.showModal():e.show(),c.setAttribute("aria-expanded","true"),x()};c.addEventListener("click",()=>e.open?e.close():w()),b.addEventListener("click",()=>e.close()),e.addEventListener("keydown",n=>{n.key==="Escape"&&!n.isComposing&&e.close()}),e.addEventListener("close",()=>{e.open||(c.setAttribute("aria-expanded","false"),c.focus())}),v.addEventListener("change",()=>{e.open&&(e.close(),w())}),window.addEventListener("message",n=>{if(!(n.source!==a.contentWindow||n.origin!==o.origin||n.data?.osmanthus!==1))switch(n.data.type){case"ready":l=!0,p.hidden=!0,a.hidden=!1,x();break;case"size":Number.isFinite(n.data.height)&&e.style.setProperty("--height",`${Math.min(Math.max(n.data.height+M,E),L)}px`);break;case"close":e.close()}}),a.addEventListener("load",()=>{a.src&&setTimeout(()=>{p.hidden=l,a.hidden=!l},1e3)}),document.body.append(m)}var h=document.currentScript??document.querySelector('script[src$="/embed.js"]');h instanceof HTMLScriptElement&&!document.querySelector("osmanthus-chat")&&(document.body?y(h):document.addEventListener("DOMContentLoaded",()=>y(h)));})();
