/** What customers wrote and nobody has judged: reviews and questions. */

import { useLocation } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Empty, Failed, Loading, More, Tabs } from "@/shared/components";
import { type Rows, useRows } from "@/shared/loading";
import { moment } from "@/shared/words";
import { Judge, QuestionForms } from "./moderation-forms";
import { ChoiceFilter, Filters, known, useFilter } from "./parts/filters";
import { Page } from "./parts/page";

type Review = Schemas["Review"];
type Question = Schemas["Question"];

const STATUSES = ["pending", "approved", "rejected"] as const;
const REVIEWS = "/control/moderation";
const QUESTIONS = "/control/moderation?of=questions";

export default function Moderation() {
  const questions = useLocation().query.of === "questions";
  return (
    <Page title="Moderation">
      <Tabs
        label="What to moderate"
        current={questions ? QUESTIONS : REVIEWS}
        tabs={[
          { label: "Reviews", href: REVIEWS },
          { label: "Questions", href: QUESTIONS },
        ]}
      />
      {questions ? <Questions /> : <Reviews />}
    </Page>
  );
}

function Reviews() {
  const [asked, setStatus] = useFilter("status");
  const status = known(asked, STATUSES) ?? "pending";
  const rows = useRows<Review>(
    (cursor) => ask(api.GET("/v1/admin/reviews", { params: { query: { status, cursor: cursor ?? null } } })),
    [status],
  );
  return (
    <>
      <Filters>
        <ChoiceFilter label="Status" value={asked} all="Pending" options={STATUSES.slice(1)} set={setStatus} />
      </Filters>
      <Cards of={rows} none={`No review is ${status}`}>
        {(review) => <ReviewCard key={review.review_id} of={review} judged={rows.reload} />}
      </Cards>
    </>
  );
}

function Questions() {
  const rows = useRows<Question>(
    (cursor) =>
      ask(api.GET("/v1/admin/questions", { params: { query: { status: "pending", cursor: cursor ?? null } } })),
    [],
  );
  return (
    <Cards of={rows} none="Every question has been approved">
      {(question) => <QuestionCard key={question.id} of={question} settled={rows.reload} />}
    </Cards>
  );
}

function Cards<T>({ of, none, children }: { of: Rows<T>; none: string; children: (row: T) => preact.JSX.Element }) {
  if (of.rows.length === 0) {
    if (of.problem) return <Failed problem={of.problem} retry={of.reload} />;
    return of.loading ? <Loading lines={5} /> : <Empty title={none} icon="star" />;
  }
  return (
    <>
      <ul class="stack">{of.rows.map(children)}</ul>
      <More of={of} />
    </>
  );
}

function ReviewCard({ of, judged }: { of: Review; judged: () => void }) {
  return (
    <li class="part">
      <header class="row row-apart">
        <h2>{of.title ?? "No title"}</h2>
        <span class="row small soft">
          {of.is_verified_purchase && <Badge of="verified" tone="good" label="Bought it" />}
          <Badge of={of.status ?? "pending"} />
          {moment(of.created_at)}
        </span>
      </header>
      <p>
        <strong>{of.rating} of 5</strong> <span class="soft">by {of.user_details?.name ?? "a customer"}</span>{" "}
        <a href={`/products/${of.product_id}`} target="_self">
          Product
        </a>
      </p>
      {of.comment && <p class="quote">{of.comment}</p>}
      {(of.images ?? []).map((image) => (
        <a key={image.url} href={image.url} rel="noreferrer" target="_blank">
          Image: {image.alt ?? "without description"}
        </a>
      ))}
      {of.moderation_notes && <p class="soft small">{of.moderation_notes}</p>}
      <Judge of={of} judged={judged} />
    </li>
  );
}

function QuestionCard({ of, settled }: { of: Question; settled: () => void }) {
  return (
    <li class="part">
      <header class="row row-apart">
        <h2>Question</h2>
        <span class="small soft">{moment(of.created_at)}</span>
      </header>
      <p class="quote">{of.question}</p>
      {of.answer && <p class="quote soft">{of.answer}</p>}
      <QuestionForms of={of} settled={settled} />
    </li>
  );
}
