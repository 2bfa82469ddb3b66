"""Contracts: one YAML file declares a dataset; everything else is derived from it."""

from apertura.contract.institution import Institution
from apertura.contract.loader import load_contract, load_institution
from apertura.contract.model import Contract, FieldSpec, Resource
from apertura.contract.project import Dataset, Project

__all__ = [
    "Contract",
    "Dataset",
    "FieldSpec",
    "Institution",
    "Project",
    "Resource",
    "load_contract",
    "load_institution",
]
