"""The configuration as pages see it that only ask whether it changed."""

from dataclasses import dataclass


@dataclass
class FakeConfig:
    looks: int = 0

    @property
    def version(self) -> int:
        """Another one at every look, so that no page is kept: tests change what is answered behind its back."""
        self.looks += 1
        return self.looks
