/** A product's picture; one that is missing, or that another host would have to serve, is drawn. */

import { useState } from "preact/hooks";
import { drawingOf } from "./drawing";

interface PictureProps {
  id: string;
  name: string;
  url?: string | null | undefined;
  /** What it shows, where it is more than an ornament beside the name. */
  alt?: string;
  eager?: boolean;
}

/** Pictures come from the shop's own host: a page that asks nobody else cannot be watched by anybody else. */
const isOwn = (url: string): boolean => new URL(url, location.href).origin === location.origin;

export function Picture({ id, name, url, alt = "", eager = false }: PictureProps) {
  const [broken, setBroken] = useState<string | null>(null);
  if (url && url !== broken && isOwn(url)) {
    return (
      <img class="picture" src={url} alt={alt} loading={eager ? "eager" : "lazy"} onError={() => setBroken(url)} />
    );
  }
  return <Drawn id={id} name={name} alt={alt} />;
}

function Drawn({ id, name, alt }: { id: string; name: string; alt: string }) {
  const { hue, lie, paths } = drawingOf(id, name);
  const rise = 250 + lie * 60;
  return (
    <svg
      class="picture drawn"
      viewBox="0 0 400 400"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden={alt ? undefined : true}
      aria-label={alt || undefined}
      role={alt ? "img" : undefined}
      style={{ "--hue": `${hue}` }}
    >
      <rect class="drawn-sky" width="400" height="400" />
      <circle class="drawn-sun" cx={90 + lie * 220} cy={120 + lie * 20} r="62" />
      <path class="drawn-hill" d={`M0 ${rise}C90 ${rise - 60} 150 ${rise + 50} 250 ${rise}s110-50 150-10V400H0Z`} />
      <path class="drawn-sea" d={`M0 330c50-22 90 22 140 0s90 22 140 0 80 18 120 0v70H0Z`} />
      <g class="drawn-thing">
        {paths.map((path) => (
          <path key={path} d={path} />
        ))}
      </g>
    </svg>
  );
}
