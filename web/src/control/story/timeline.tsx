/** The story of an order, told moment by moment. */

import { Note } from "@/shared/components";
import { day } from "@/shared/words";
import { clock } from "../parts/time";
import { type Moment, momentsOf } from "./moments";
import type { Story } from "./read";

export function Timeline({ of }: { of: Story }) {
  const moments = momentsOf(of);
  const days = [...new Set(moments.map((moment) => day(moment.at)))];
  return (
    <div class="stack">
      {of.missing.length > 0 && <Note tone="warn">Not to be had just now: {of.missing.join(", ")}.</Note>}
      {days.map((date) => (
        <section key={date} class="stack stack-tight">
          <h3 class="timeline-day">{date}</h3>
          <ol class="timeline">
            {moments
              .filter((moment) => day(moment.at) === date)
              .map((moment, index) => (
                <Line key={`${moment.at}${moment.where}${index}`} of={moment} />
              ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function Line({ of }: { of: Moment }) {
  return (
    <li class={`timeline-line timeline-${of.tone}`}>
      <time dateTime={of.at} title={of.at}>
        {clock(of.at)}
      </time>
      <div>
        <p>
          <strong>{of.what}</strong> <span class="timeline-where">{of.where}</span>
        </p>
        {of.detail && <p class="soft small">{of.detail}</p>}
      </div>
    </li>
  );
}
