// The people of the sample community and where they are at home. Everybody has the same password: it is a demo.

export const PASSWORD = "paper-lantern-at-low-tide";

export const PEOPLE = {
  mara: { home: "a", admin: true, name: "Mara Lindqvist", pronouns: "she/her", face: 21, bio: "Keeps the lantern lit and the biscuit tin closed. Librarian on weekdays." },
  teodor: { home: "a", name: "Teodor", pronouns: "he/him", face: 205, bio: "Repaired clocks for forty years. Reads nothing below five hundred pages, on principle." },
  inge: { home: "a", name: "Inge Vos", pronouns: "she/her", face: 340, bio: "School cook. Crime novels and cardamom." },
  sam: { home: "a", name: "Sam Okafor", pronouns: "they/them", face: 95, bio: "Three chapters behind since 2019." },
  priya: { home: "b", admin: true, name: "Priya Raman", pronouns: "she/her", face: 268, bio: "Night ferry, second mate. Reads between the 02:10 and the 04:40." },
  wen: { home: "b", name: "Wen", pronouns: "he/him", face: 160, bio: "Bookbinder. Judges books by their covers, professionally." },
  jonas: { home: "b", name: "Jonas Aho", pronouns: "he/him", face: 45, bio: "Radio after midnight. Four listeners, one of them a cat." },
  abbie: { home: "b", name: "Abbie", pronouns: "she/her", face: 310, bio: "Harbour office. I know where your parcel is." },
};

export const HOMES = {
  a: { name: "Lantern House" },
  b: { name: "Harbour Town" },
};

export const SERVERS = {
  lantern: {
    home: "a",
    owner: "mara",
    name: "Lantern Readers",
    description: "One book a month, two instances, no homework. Latecomers and lurkers are furniture here, and we like furniture.",
    icon: "lantern",
    members: ["teodor", "inge", "sam", "priya", "wen", "jonas", "abbie"],
    roles: [
      { name: "Librarian", colour: 0xd99a2b, hoist: true, permissions: ["manage_messages", "pin", "invite"], people: ["mara", "priya"] },
      { name: "Finished the book", colour: 0x4f9d69, hoist: false, permissions: [], people: ["teodor", "wen", "priya"] },
    ],
    channels: [
      { name: "Reading room", kind: "category" },
      { name: "welcome", parent: "Reading room", topic: "Say hello. Say what is on your night table. Both count." },
      { name: "this-month", parent: "Reading room", topic: "Three Men in a Boat (To Say Nothing of the Dog), Jerome K. Jerome. Hide what comes after chapter 10." },
      { name: "next-book", parent: "Reading room", topic: "Nominations until Sunday. A vote is a 📖. Bribery is a 🍰." },
      { name: "Kitchen", kind: "category" },
      { name: "kitchen-table", parent: "Kitchen", topic: "Everything that is not about books, and then it is about books again." },
      { name: "pictures", parent: "Kitchen", topic: "Windows, covers, cats on pages." },
      { name: "committee", parent: "Kitchen", topic: "Summer evening: surprise. Sam cannot see this. Sam must not see this.", private: true, allow: ["priya", "inge"] },
    ],
  },
  night: {
    home: "b",
    owner: "priya",
    name: "Night Shift",
    description: "For whoever is awake and paid for it.",
    icon: "moon",
    members: ["jonas", "abbie", "mara", "sam"],
    roles: [],
    channels: [
      { name: "awake", topic: "Roll call. Coffee counts as an answer." },
      { name: "tide-table", topic: "Water, wind, and who moved my bollard." },
    ],
  },
};
