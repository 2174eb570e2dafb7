"""What somebody pasted about a person, read into the fields of a lead: an email signature, a vCard, ``Name <address>``,
lines of ``Label: value``, rows of a spreadsheet. Knows no Django; nothing of what it reads is kept anywhere.
"""

from .reading import MOST_CHARACTERS, Pasted, read

__all__ = ["MOST_CHARACTERS", "Pasted", "read"]
