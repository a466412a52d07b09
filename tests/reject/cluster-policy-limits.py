"""One entry more than the CRD takes, in each of its lists."""
rule = "    - {action: Deny, %s: [{namespaces: {}}]}\n"
print("""apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: limits}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  ingress:""")
print(rule % "from" * 26, end="")
print("  egress:")
print(rule % "to" * 22, end="")
print("    - {action: Deny, to: [%s]}" % ", ".join(["{namespaces: {}}"] * 26))
print("    - {action: Deny, to: [{networks: [%s]}]}" % ", ".join(f"10.{i}.0.0/16" for i in range(26)))
print("    - {action: Accept, to: [{domainNames: [%s]}]}" % ", ".join(f"{i}.example" for i in range(26)))
print("    - {action: Deny, to: [{namespaces: {}}], protocols: [%s]}" %
      ", ".join("{tcp: {destinationPort: {number: %d}}}" % i for i in range(1, 27)))
