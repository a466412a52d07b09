# Ten million characters where nobody looks, and in a line that is hard to overlook.
print("apiVersion: v1\nkind: Pod\nmetadata: {name: web, annotations: {note: " + "x" * 10_000_000 + "}}\n"
      "spec: {containers: [{env: [{name: a, value: '" + "y" * 10_000_000 + "'}]}]}\n"
      "status: {podIP: 10.0.0.1}")
