/** What a product without a picture is drawn as: a motif after its name, in a hue of its own. */

const MOTIFS: [RegExp, string[]][] = [
  [
    /teapot|kyusu|kettle|\bpots?\b/i,
    [
      "M120 235c0-50 36-80 80-80s80 30 80 80c0 42-30 62-80 62s-80-20-80-62Z",
      "M276 205c26-6 30-34 56-40-4 40-18 74-52 84Z",
      "M124 200c-44-14-62 54-2 62l4-18c-30-4-24-34 0-26Z",
      "M166 158c4-16 18-22 34-22s30 6 34 22ZM190 132a10 10 0 1 1 20 0Z",
    ],
  ],
  [
    /\b(mug|cup)\b/i,
    [
      "M125 165h130v72c0 34-22 52-65 52s-65-18-65-52Z",
      "M255 182c48-8 48 70-6 66v-18c28 2 28-34 6-30Z",
      "M105 300h170v12H105Z",
    ],
  ],
  [/\btin\b|scoop|storage/i, ["M130 168h140v128a14 14 0 0 1-14 14H144a14 14 0 0 1-14-14Z", "M122 130h156v28H122Z"]],
  [
    /honey|sugar|jar|pantry/i,
    [
      "M132 178c0-14 10-20 20-20h96c10 0 20 6 20 20v108a24 24 0 0 1-24 24h-88a24 24 0 0 1-24-24Z",
      "M146 120h108v28H146Z",
    ],
  ],
  [
    /biscuit/i,
    [
      "M200 128a88 88 0 1 0 0 176 88 88 0 0 0 0-176Zm-30 60a9 9 0 1 1 0 .1Zm58 14a9 9 0 1 1 0 .1Zm-36 50a9 9 0 1 1 0 .1Z",
    ],
  ],
  [/whisk/i, ["M180 110h40v80h-40Z", "M170 196h60l22 108h-20l-12-84-8 84h-20l-8-84-12 84h-24Z"]],
  [/towel|linen|cloth/i, ["M110 150h150v150H110Z", "M150 128h140v150h-18V146H150Z"]],
  [
    /box|gift|note|card|sampler/i,
    ["M116 200h76v108h-76ZM208 200h76v108h-76ZM104 160h192v30H104Z", "M196 154c-70-4-62-64 4 0 66-64 74-4 4 0Z"],
  ],
];
const LEAVES = ["M200 306c-70-22-84-96-62-168 66 22 92 88 62 168Z", "M214 300c-4-60 26-104 82-116 8 62-24 104-82 116Z"];

/** Hues that go with the shop's own: sea, lagoon, clay, leaf, sky, rust, dusk, moss. */
const HUES = [185, 210, 45, 150, 235, 28, 285, 165];

export interface Drawing {
  hue: number;
  /** How the hills lie, 0 to 1. */
  lie: number;
  paths: string[];
}

export function drawingOf(id: string, name: string): Drawing {
  let hash = 2166136261;
  for (const letter of id) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0;
  const paths = MOTIFS.find(([word]) => word.test(name))?.[1] ?? LEAVES;
  return { hue: HUES[hash % HUES.length] ?? 175, lie: ((hash >>> 9) % 100) / 100, paths };
}
