"""What is known of single sites from pages of theirs that were labelled."""

from pagesieve.sites.address import hosts_of
from pagesieve.sites.evidence import FEATURES, Evidence, evidence_features
from pagesieve.sites.keys import FAMILIES, SiteKeys, site_keys
from pagesieve.sites.model import SITES, Site, SiteModel, Weights

__all__ = [
    "FAMILIES",
    "FEATURES",
    "SITES",
    "Evidence",
    "Site",
    "SiteKeys",
    "SiteModel",
    "Weights",
    "evidence_features",
    "hosts_of",
    "site_keys",
]
