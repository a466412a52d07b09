# A selector as large as the API server stores: its text must not be built in quadratic time.
values = ", ".join(f"value-{i}" for i in range(50_000))
print("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec:\n  podSelector:\n"
      "    matchExpressions:\n    - {key: app, operator: In, values: [" + values + "]}\n"
      "    - {key: tier, operator: Exists}\n"
      "  ingress:\n  - from:\n    - podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [" + values + "]}]}")
