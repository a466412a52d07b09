# Two mappings of the same keys: comparing each with each would take minutes.
keys = [f"key-{i}: ''" for i in range(100_000)]
print("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: Web\n  annotations:")
print("    <<: {" + ", ".join(keys) + "}")
for key in keys:
    print("    " + key)
