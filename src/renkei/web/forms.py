"""What people send in."""

from django import forms


class SignIn(forms.Form):
    """A token, and where to go afterwards."""

    token = forms.CharField(max_length=200)
    next = forms.CharField(max_length=2000, required=False)


class Counter(forms.Form):
    """Other terms, as ODRL JSON."""

    terms = forms.CharField(max_length=50_000)


class Refuse(forms.Form):
    """Why a negotiation is refused or an agreement ended; the other side reads it."""

    reason = forms.CharField(min_length=3, max_length=1000)


class Fulfil(forms.Form):
    """What was done to fulfil a duty; the other side reads it."""

    statement = forms.CharField(min_length=3, max_length=2000)
    evidence = forms.RegexField(r"^[0-9a-f]{64}$", required=False)
    """SHA-256 of a document."""


class AskFor(forms.Form):
    """The offer under which a dataset is asked for, and the one purpose where it is to be one."""

    offer = forms.CharField(max_length=255)
    purpose = forms.CharField(max_length=200, required=False)


class AddNode(forms.Form):
    """Whose catalogue is to be crawled, in whose name, and for whom."""

    address = forms.CharField(max_length=2000)
    org = forms.CharField(max_length=45)
    private = forms.BooleanField(required=False)
