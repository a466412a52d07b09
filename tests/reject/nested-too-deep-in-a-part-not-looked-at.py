print("kind: ConfigMap\ndata: " + "[" * 150 + "]" * 150)
