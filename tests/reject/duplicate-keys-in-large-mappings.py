# As many keys as would take hours, were each compared with each.
print("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: web\n  annotations:")
for i in range(200_000):
    print(f"    key-{i}: ''")
print("    key-77: ''")
