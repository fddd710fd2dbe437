/** The picture one sees first: a ship under sail, and where to go from here. */

import { ButtonLink } from "@/shared/components";

export function Hero() {
  return (
    <section class="hero">
      <div class="hero-text">
        <p class="hero-kicker">From garden to cup</p>
        <h1>Good things, brought in fair winds</h1>
        <p class="hero-lead">
          Single-estate teas, hand-thrown pots and a well-stocked pantry: chosen slowly, sent quickly.
        </p>
        <div class="row">
          <ButtonLink kind="primary" href="/search">
            Browse the shop
          </ButtonLink>
          <ButtonLink kind="quiet" href="/search?on_sale=true">
            What is on sale
          </ButtonLink>
        </div>
      </div>
      <Ship />
    </section>
  );
}

/** A swell across the whole picture, this high up. */
const swell = (height: number): string => `M0 ${height}c55-26 105 26 160 0${"s105 26 160 0".repeat(7)}V480H0Z`;

function Ship() {
  return (
    <svg
      class="hero-ship"
      viewBox="0 0 1280 480"
      preserveAspectRatio="xMaxYMax slice"
      aria-hidden="true"
      focusable="false"
    >
      <circle class="ship-sun" cx="1070" cy="150" r="86" />
      <g class="ship-hull">
        <path d="M935 76h8v270h-8z" />
        <path class="ship-sail" d="M925 92v214H770c62-54 118-124 155-214Z" />
        <path class="ship-sail-warm" d="M953 122c62 46 100 108 112 184H953Z" />
        <path class="ship-sail" d="M925 318v16H796l-12-16Z" />
        <path d="M770 344h326c-16 46-54 72-104 72H866c-48 0-82-26-96-72Z" />
      </g>
      <path class="ship-wave ship-wave-far" d={swell(390)} />
      <path class="ship-wave" d={swell(428)} />
    </svg>
  );
}
