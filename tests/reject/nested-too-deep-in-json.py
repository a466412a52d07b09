print('{"kind": "NetworkPolicy", "spec": ' + "[" * 100_000 + "]" * 100_000 + "}")
