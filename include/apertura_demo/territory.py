"""Places the demonstration institutions write about: departments and some of their municipalities.

Names and numbers follow the INE code list. Only municipalities that MINEDUC spells like INE (but for
accents and case) are here, so that a generated extract is right; the full list is in include/reference.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MUNICIPALITIES_PER_DEPARTMENT = (
    17, 8, 16, 16, 14, 14, 19, 8, 24, 21, 9, 30, 33, 21, 8, 17, 14, 5, 11, 11, 7, 17,
)  # fmt: skip
"""How many municipalities departments 01 to 22 have, for the territory digits of a CUI."""


@dataclass(frozen=True)
class Place:
    """A municipality: INE codes as numbers, names with their accents."""

    department: int
    number: int
    department_name: str
    name: str


_LIST = """
1 Guatemala: 2 Santa Catarina Pinula, 3 San José Pinula, 5 Palencia, 6 Chinautla, 8 Mixco, 14 Amatitlán
2 El Progreso: 1 Guastatoya, 2 Morazán, 3 San Agustín Acasaguastlán, 5 El Jícaro, 8 San Antonio La Paz
3 Sacatepéquez: 1 Antigua Guatemala, 2 Jocotenango, 3 Pastores, 4 Sumpango, 6 Santiago Sacatepéquez
4 Chimaltenango: 1 Chimaltenango, 3 San Martín Jilotepeque, 5 Santa Apolonia, 7 Patzún, 9 Patzicía
5 Escuintla: 1 Escuintla, 2 Santa Lucía Cotzumalguapa, 3 La Democracia, 4 Siquinalá, 7 La Gomera, 9 San José
6 Santa Rosa: 1 Cuilapa, 2 Barberena, 4 Casillas, 6 Oratorio, 8 Chiquimulilla, 9 Taxisco
7 Sololá: 1 Sololá, 2 San José Chacayá, 4 Santa Lucía Utatlán, 5 Nahualá, 9 San Andrés Semetabaj
8 Totonicapán: 1 Totonicapán, 2 San Cristóbal Totonicapán, 5 Momostenango, 6 Santa María Chiquimula
9 Quetzaltenango: 1 Quetzaltenango, 2 Salcajá, 3 Olintepeque, 4 San Carlos Sija, 6 Cabricán, 7 Cajolá
10 Suchitepéquez: 1 Mazatenango, 2 Cuyotenango, 4 San Bernardino, 7 San Lorenzo, 8 Samayac
11 Retalhuleu: 1 Retalhuleu, 2 San Sebastián, 4 San Martín Zapotitlán, 7 Champerico, 9 El Asintal
12 San Marcos: 1 San Marcos, 2 San Pedro Sacatepéquez, 4 Comitancillo, 7 Tacaná, 9 Tajumulco
13 Huehuetenango: 1 Huehuetenango, 2 Chiantla, 4 Cuilco, 5 Nentón, 7 Jacaltenango, 10 Santa Bárbara
14 Quiché: 1 Santa Cruz del Quiché, 2 Chiché, 3 Chinique, 5 Chajul, 8 San Antonio Ilotenango
15 Baja Verapaz: 1 Salamá, 2 San Miguel Chicaj, 3 Rabinal, 4 Cubulco, 8 Purulhá
16 Alta Verapaz: 1 Cobán, 2 Santa Cruz Verapaz, 4 Tactic, 7 Panzós, 8 Senahú, 9 San Pedro Carchá
17 Petén: 1 Flores, 2 San José, 3 San Benito, 5 La Libertad, 7 Santa Ana, 8 Dolores
18 Izabal: 1 Puerto Barrios, 3 El Estor, 4 Morales, 5 Los Amates
19 Zacapa: 1 Zacapa, 2 Estanzuela, 3 Río Hondo, 4 Gualán, 6 Usumatlán, 7 Cabañas
20 Chiquimula: 1 Chiquimula, 2 San José La Arada, 4 Jocotán, 5 Camotán, 7 Esquipulas
21 Jalapa: 1 Jalapa, 2 San Pedro Pinula, 5 San Carlos Alzatate, 6 Monjas, 7 Mataquescuintla
22 Jutiapa: 1 Jutiapa, 2 El Progreso, 3 Santa Catarina Mita, 4 Agua Blanca, 5 Asunción Mita, 8 Jerez
"""


def _parse(lines: str) -> dict[int, list[Place]]:
    places: dict[int, list[Place]] = {}
    for line in lines.strip().splitlines():
        head, tail = line.split(": ")
        number, department = head.split(" ", 1)
        places[int(number)] = [
            Place(int(number), int(code), department, name)
            for code, name in (entry.split(" ", 1) for entry in tail.split(", "))
        ]
    return places


PLACES: dict[int, list[Place]] = _parse(_LIST)
"""Department number -> some of its municipalities."""

CAPITAL_ZONES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 24, 25)
"""Zones of the capital; 20, 22 and 23 do not exist."""


def without_accents(text: str) -> str:
    """`text` without accents, but with its Ñ: as institutions write in capital letters."""
    kept = text.replace("ñ", "\0").replace("Ñ", "\1")
    bare = "".join(c for c in unicodedata.normalize("NFD", kept) if not unicodedata.combining(c))
    return bare.replace("\0", "ñ").replace("\1", "Ñ")
