package source

func readOffice(out *builder, b []byte) (bool, error) { return false, nil }
