# One rule of 2,000 peers and 2,000 ports, a small object still: four million pairs are too many to make.
print("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec:\n  ingress:\n  - from:")
for i in range(2000):
    print(f"    - podSelector: {{matchLabels: {{app: app-{i}}}}}")
print("    ports:")
for i in range(2000):
    print(f"    - port: {2 * i + 1}")
