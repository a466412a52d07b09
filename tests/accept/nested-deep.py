# Deeper than any object of Kubernetes, but within bounds.
print("kind: ConfigMap\napiVersion: v1\ndata: " + "[" * 90 + "]" * 90)
