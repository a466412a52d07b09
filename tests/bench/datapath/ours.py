"""The ruleset that np2nft compiles, for the node alone."""

from cluster import NODE_NAME
from ruleset import Ruleset, nft


def of(np2nft):
    """The kind of ruleset that a binary of np2nft makes."""
    def commands(cluster, path):
        return nft(path.node.run([np2nft, "compile", "--node", NODE_NAME, "-"], cluster.objects()))
    return Ruleset("np2nft", commands)
