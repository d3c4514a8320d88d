// What was said, in order, on three days. A line: who, where (server/channel), what, and perhaps
// `is` a name for the message, `to` the name of the message it answers, `picture` and its `alt`, `hearts`: emoji → who.

export const DAYS = [
  {
    daysAgo: 2,
    lines: [
      { who: "mara", at: "lantern/welcome", is: "hello", text: "Welcome to **Lantern Readers**, second year, same kettle.\n\nThe rules, all of them:\n1. One book a month. Not finishing it is a reading style.\n2. Hide what comes late in the book: `||like this||`.\n3. Be the person you would lend a book to.", hearts: { "🏮": ["teodor", "inge", "priya", "wen", "abbie"], "📖": ["sam", "jonas"] } },
      { who: "inge", at: "lantern/welcome", text: "Hello all. On my night table: a lamp, a murder, a glass of water. In that order." },
      { who: "wen", at: "lantern/welcome", text: "Hello from Harbour Town! I bind books. I have opinions about glue." },
      { who: "teodor", at: "lantern/welcome", is: "glue", text: "At last a specialist. Is the glue in paperbacks getting worse, or am I?" },
      { who: "wen", at: "lantern/welcome", to: "glue", text: "The glue. It is always the glue. You are *stitched*, Teodor, I can tell.", hearts: { "😄": ["teodor", "mara", "inge"] } },
      { who: "jonas", at: "lantern/welcome", text: "Evening. I talk on the radio from midnight to four. If you hear somebody read the shipping forecast with feeling, that was me." },
      { who: "sam", at: "lantern/welcome", text: "hi! still on last month's book. don't look at me" },
      { who: "mara", at: "lantern/welcome", text: "Nobody is looking, Sam. We are all pretending to read." , hearts: { "❤️": ["sam"] } },

      { who: "mara", at: "lantern/this-month", is: "book", text: "This month: **Three Men in a Boat (To Say Nothing of the Dog)**, 1889. Three friends decide that they are overworked and row up the Thames to recover. It goes as you expect.", picture: "boat", alt: "A drawing: a small boat with three hats and a dog's ears on a wide evening river", hearts: { "🚣": ["priya", "wen", "jonas", "inge"], "🐶": ["sam", "abbie"] } },
      { who: "teodor", at: "lantern/this-month", is: "short", text: "It is very short." },
      { who: "mara", at: "lantern/this-month", to: "short", text: "It is 180 pages, Teodor." },
      { who: "teodor", at: "lantern/this-month", text: "That is what I said." , hearts: { "😄": ["mara", "priya", "inge", "wen"] } },
      { who: "priya", at: "lantern/this-month", text: "As the only one here who is paid to be on a boat: **page 1 and they already have a worse plan than any passenger I ever carried.**" },
      { who: "priya", at: "lantern/this-month", is: "work", text: "Also:\n\n> I like work: it fascinates me. I can sit and look at it for hours.\n\nThis goes above my bunk." , hearts: { "⚓": ["abbie", "jonas"], "😄": ["mara", "sam", "inge"] } },
      { who: "abbie", at: "lantern/this-month", to: "work", text: "This already *is* the harbour office's maintenance schedule." },
      { who: "inge", at: "lantern/this-month", text: "The cheese chapter! He takes two cheeses on a train and empties the carriage. I have had that lunch delivered to my school." },

      { who: "priya", at: "night/awake", text: "Roll call. 02:10 leaving on time, eleven passengers, nine asleep, one knitting, one *watching me* knit my brows." },
      { who: "jonas", at: "night/awake", text: "On air. Just played forty seconds of rain. Best reviewed item this week." },
      { who: "abbie", at: "night/tide-table", text: "High water 03:52. Somebody has moved the red bollard again. It weighs 400 kg. I am not angry, I am *impressed*." , hearts: { "😮": ["jonas", "priya"] } },
    ],
  },
  {
    daysAgo: 1,
    lines: [
      { who: "sam", at: "lantern/this-month", text: "ok I started. chapter 1. he reads a medical dictionary and finds he has everything except housemaid's knee" },
      { who: "inge", at: "lantern/this-month", text: "Chapter 1! Sam! We are proud of you." , hearts: { "🎉": ["mara", "wen", "teodor", "priya"] } },
      { who: "sam", at: "lantern/this-month", text: "I too have everything except housemaid's knee" },
      { who: "wen", at: "lantern/this-month", is: "maze", text: "Hampton Court maze, though. Harris says it is \"absurd to call it a maze\", leads twenty people in, and they are all still there at closing time." },
      { who: "priya", at: "lantern/this-month", to: "maze", text: "Harris is every person who says to me \"I know these waters\"." , hearts: { "💯": ["abbie", "jonas"] } },
      { who: "teodor", at: "lantern/this-month", text: "I have finished. I read it twice, since there was time.\n\n||The tin of pineapple is the only honest fight in English literature. Three men, one tin, no opener, a mast. The tin wins.||" },
      { who: "mara", at: "lantern/this-month", text: "A review in four sentences. The spoiler is about a tin, Sam, you may look." },
      { who: "sam", at: "lantern/this-month", is: "tin", text: "I LOOKED. I need to know what the tin did" },
      { who: "jonas", at: "lantern/this-month", to: "tin", text: "I read that page out at half past two last night. A lorry driver rang in, crying. He has a tin like that at home." , hearts: { "🥲": ["mara", "inge", "sam", "wen"] } },

      { who: "inge", at: "lantern/kitchen-table", text: "Cardamom buns, for those who asked, which was everybody:\n\n- 500 g flour, 80 g sugar, a *lot* of cardamom\n- 250 ml warm milk, 25 g yeast, 100 g butter\n- knead until you have forgiven somebody\n- 225 °C, 9 minutes, stand in front of the oven like a heron", hearts: { "🍰": ["mara", "sam", "teodor", "wen", "priya", "jonas", "abbie"] } },
      { who: "wen", at: "lantern/kitchen-table", text: "\"until you have forgiven somebody\" is not a unit" },
      { who: "inge", at: "lantern/kitchen-table", text: "Between 8 and 40 minutes." , hearts: { "😄": ["wen", "mara", "teodor"] } },
      { who: "teodor", at: "lantern/kitchen-table", text: "The kitchen clock gains four minutes a day. I have left it so. Inge's buns need them." },

      { who: "wen", at: "lantern/pictures", text: "Tonight from the workshop window. The lantern is ours, the moon is on loan.", picture: "harbour", alt: "Night over a harbour: a moon, dark hills, and the light of one lantern on the water", hearts: { "😍": ["mara", "inge", "sam"], "🌙": ["jonas", "priya", "abbie"] } },
      { who: "priya", at: "lantern/pictures", is: "window", text: "That dot on the left is me. I was waving." },
      { who: "wen", at: "lantern/pictures", to: "window", text: "I know. I waved back. The neighbours have questions." },

      { who: "inge", at: "lantern/next-book", text: "I nominate **The Moonstone** by Wilkie Collins. A stolen diamond, eleven narrators, and a butler who consults *Robinson Crusoe* like a railway timetable.", hearts: { "📖": ["priya", "sam", "abbie", "jonas"] } },
      { who: "teodor", at: "lantern/next-book", is: "march", text: "**Middlemarch.** 900 pages. I say no more." , hearts: { "📖": ["mara", "wen"], "😱": ["sam"] } },
      { who: "sam", at: "lantern/next-book", to: "march", text: "teodor I have a *job*" },
      { who: "jonas", at: "lantern/next-book", text: "**Around the World in Eighty Days.** Short chapters, fits between two songs.", hearts: { "📖": ["abbie", "sam"], "🍰": ["jonas"] } },

      { who: "mara", at: "lantern/committee", text: "Summer evening. Sam's last chapter falls on the 14th, by my reckoning (they have a pattern). We do it then: lanterns, boat, buns." },
      { who: "priya", at: "lantern/committee", text: "I can have the small ferry from 21:00. Officially it is a \"lifeboat drill with literature\"." , hearts: { "⚓": ["mara", "inge"] } },
      { who: "inge", at: "lantern/committee", text: "Sixty buns. Tell me if that is too few. Do not tell me if it is too many." },
    ],
  },
  {
    daysAgo: 0,
    lines: [
      { who: "mara", at: "lantern/this-month", text: "Where is everybody? A chart, since Teodor asked for *data*. Left to right: Teodor, Wen, Priya, Inge, Jonas, Abbie, me, Sam.", picture: "chart", alt: "Bars for the chapters read: three full ones, four between half and nearly done, and one very small one", hearts: { "📊": ["teodor", "wen"] } },
      { who: "sam", at: "lantern/this-month", is: "bar", text: "why is mine a different colour" },
      { who: "mara", at: "lantern/this-month", to: "bar", text: "It is the colour of hope." , hearts: { "😄": ["inge", "priya", "wen", "teodor", "jonas"] } },
      { who: "abbie", at: "lantern/this-month", text: "For the record I am on chapter 12 and Montmorency is the only one of them with a job." },
      { who: "priya", at: "lantern/this-month", text: "He has *fought a kettle*. More than Harris ever did." , hearts: { "🐶": ["abbie", "mara", "sam"] } },
      { who: "teodor", at: "lantern/this-month", text: "A question for the table. Is the narrator a fool, or does he only let us think so?\n\n| for a fool | against |\n| --- | --- |\n| packs the butter on a chair, sits on it | tells it so well |\n| forgets the tin opener | remembers every word of it |\n| learns the bagpipes | does not play them to us |" },
      { who: "wen", at: "lantern/this-month", text: "A fool could not have left so much out." , hearts: { "💯": ["teodor", "mara"] } },
      { who: "jonas", at: "lantern/this-month", text: "Using that on air tonight. Credited to \"a man who knows glue\"." },

      { who: "sam", at: "night/awake", text: "exam tomorrow. awake, unpaid. may I sit here" },
      { who: "priya", at: "night/awake", text: "Sit. The knitter left you half a scarf." , hearts: { "❤️": ["sam", "mara", "abbie"] } },
      { who: "mara", at: "night/awake", text: "Go to *bed*, Sam." },
      { who: "abbie", at: "night/tide-table", text: "The bollard is back. There is a bow on it." , hearts: { "😮": ["jonas", "priya", "sam"], "🎀": ["mara"] } },

      { who: "inge", at: "lantern/kitchen-table", text: "Who left one bun. *One.* Who does that." },
      { who: "teodor", at: "lantern/kitchen-table", text: "Somebody with manners." },
      { who: "sam", at: "lantern/kitchen-table", text: "somebody who was interrupted", hearts: { "😄": ["inge", "wen", "teodor", "mara"] } },
      { who: "mara", at: "lantern/next-book", text: "Voting closes on Sunday at nine. As it stands *The Moonstone* leads, *Eighty Days* follows, and *Middlemarch* has two votes and the moral high ground." },
    ],
  },
];
