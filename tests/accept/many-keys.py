# An object whose kind comes last, after many keys.
print("\n".join(f"key-{i}: {i}" for i in range(300_000)))
print("apiVersion: v1\nkind: ConfigMap")
