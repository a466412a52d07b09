"""Functions of chance, and what both halves of the generator share."""

import random


class Dice(random.Random):
    """A source of chance that gives the same for the same seed."""

    def chance(self, probability):
        """True that often."""
        return self.random() < probability

    def few(self, make, least=1, most=3):
        """A list of a few made things."""
        return [make() for _ in range(self.randint(least, most))]

    def blank(self, value):
        """An empty string may be written as null."""
        return None if value == "" and self.chance(0.3) else value


class Names:
    """Names and namespaces for objects: the same name in two namespaces is likely."""

    NAMES = ["web", "db", "1e3"]

    def __init__(self, dice, namespaces, default_namespace):
        self.dice, self.namespaces, self.default_namespace = dice, namespaces, default_namespace
        self.taken = set()

    def metadata(self):
        """The metadata of a new object. It may leave out the default namespace."""
        namespace, name = self.dice.choice(self.namespaces), self.dice.choice(self.NAMES)
        while (namespace, name) in self.taken:
            name += f"-{self.dice.randint(1, 9)}"
        self.taken.add((namespace, name))
        metadata = {"name": name, "creationTimestamp": None}
        if namespace != self.default_namespace or self.dice.chance(0.5):
            metadata["namespace"] = namespace
        return metadata
