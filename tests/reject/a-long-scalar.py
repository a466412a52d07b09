# Ten million characters where a label's value should be.
print("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: web\n  labels:\n    app: " +
      "x" * 10_000_000)
