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
