# Annotations that are one byte larger than the API server takes.
print("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\n  annotations:\n    a: " + "x" * (256 * 1024)
      + "\nspec: {podSelector: {}}")
