print("kind: NetworkPolicy\nspec: " + "{a: " * 100_000)
