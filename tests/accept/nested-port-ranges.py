# Ten thousand ranges of ports, each in the one before, each with a peer of its own.
print("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec:\n  ingress:")
for i in range(10_000):
    print(f"  - from: [podSelector: {{matchLabels: {{app: app-{i}}}}}]\n"
          f"    ports: [{{port: {i + 1}, endPort: {65535 - i}}}]")
