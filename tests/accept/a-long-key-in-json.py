# libyaml takes no key of more than 1,024 characters.
print('{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "annotations": {"' + "k" * 5000 +
      '": ""}}, "status": {"podIP": "10.0.0.1"}}')
