# A hundred thousand lists, each in the one before, in block style.
print("kind: NetworkPolicy\nspec:\n" + "- " * 100_000 + "x")
