"""Names of people and places; invented, the telephone numbers and domains with them."""

from pathloom_simulator.values import Names

NICKNAMES = {
    "Elizabeth": "Liz", "William": "Bill", "Katherine": "Kate", "Robert": "Bob", "Margaret": "Maggie", "James": "Jim",
    "Jennifer": "Jen", "Michael": "Mike", "Samantha": "Sam", "Daniel": "Dan", "Alexander": "Alex", "Victoria": "Vicky",
    "Christopher": "Chris", "Rebecca": "Becky", "Anthony": "Tony", "Guadalupe": "Lupe", "Francisco": "Paco",
    "Theodore": "Ted",
}  # fmt: skip

NAMES = Names(
    first=(
        *NICKNAMES,
        "Aaliyah", "Amara", "Andre", "Bao", "Carmen", "Chidi", "Dalia", "Diego", "Elena", "Farah", "Gabriel", "Hana",
        "Imani", "Ivan", "Jamal", "Jorge", "Kai", "Lakshmi", "Leila", "Linh", "Lucia", "Malik", "Marisol", "Maya", "Mei",
        "Nadia", "Noah", "Olivia", "Omar", "Priya", "Quinn", "Rafael", "Rosa", "Sofia", "Tariq", "Thuy", "Uma", "Wei",
        "Ximena", "Yara", "Yusuf", "Zoe",
    ),
    nicknames=NICKNAMES,
    last=(
        "Abdi", "Alvarez", "Anderson", "Bauer", "Begum", "Brooks", "Castillo", "Chen", "Cohen", "Diaz", "Dubois", "Eriksen",
        "Fischer", "Flores", "Garcia", "Gupta", "Haddad", "Hansen", "Hoang", "Hughes", "Ibrahim", "Ito", "Jackson", "Jensen",
        "Johnson", "Kaur", "Kelly", "Khan", "Kim", "Kowalski", "Larsen", "Lee", "Lindqvist", "Lopez", "Martinez", "Mensah",
        "Miller", "Morales", "Nguyen", "Novak", "Okafor", "Olsen", "Ortiz", "Park", "Patel", "Perez", "Petrov", "Pham",
        "Quispe", "Ramirez", "Reyes", "Rivera", "Robinson", "Rossi", "Santos", "Schmidt", "Silva", "Singh", "Smith", "Tanaka",
        "Taylor", "Thompson", "Torres", "Tran", "Turner", "Vargas", "Walker", "Washington", "White", "Williams", "Wilson",
        "Wong", "Yang", "Young", "Zhang",
    ),
    streets=(
        "Oak Street", "Maple Avenue", "Cedar Lane", "Prairie Road", "Harbor Drive", "College Avenue", "Elm Court",
        "Willow Way", "Mill Street", "Sunset Boulevard", "North 24th Street", "Railroad Avenue",
    ),
    cities=(("Omaha", "68102"), ("Lincoln", "68508"), ("Bellevue", "68005"), ("Papillion", "68046"), ("Council Bluffs", "51501")),
    languages={"en": 0.8, "es": 0.15, "vi": 0.05},
)  # fmt: skip
