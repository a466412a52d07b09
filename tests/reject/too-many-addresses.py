# A pod that has one address more than a pod may have.
print("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nstatus:\n  podIPs:")
print(*(f"  - ip: 10.0.0.{i}" for i in range(33)), sep="\n")
