/** What customers ask about a product, and what the shop answers. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { api, ask, keyed, openApi, type Schemas } from "@/shared/api";
import { Button, Failed, Field, Form, Loading, More, Note } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { day } from "@/shared/words";

type Question = Schemas["Question"];

export function Questions({ productId }: { productId: string }) {
  const [sent, setSent] = useState(false);
  const path = { product_id: productId };
  const questions = useRows<Question>(
    (cursor) =>
      ask(openApi.GET("/v1/products/{product_id}/questions", { params: { path, query: { cursor, limit: 5 } } })),
    [productId],
  );
  const loading = questions.loading && questions.rows.length === 0;
  return (
    <section class="stack" aria-labelledby="questions-title">
      <h2 id="questions-title">Questions</h2>
      {questions.problem && !questions.first && <Failed problem={questions.problem} retry={questions.reload} />}
      {loading ? (
        <Loading />
      ) : (
        <ul class="stack">
          {questions.rows.map((question) => (
            <QuestionCard key={question.id} question={question} />
          ))}
        </ul>
      )}
      {questions.first && questions.rows.length === 0 && <p class="soft">No questions yet.</p>}
      <More of={questions} />
      {sent ? (
        <Note tone="good">Thank you. Your question appears here with its answer.</Note>
      ) : (
        <Form
          label="Ask"
          kind="plain"
          class="narrow"
          submit={async ({ question = "" }, key) => {
            const params = { path, header: keyed(key) };
            await ask(api.POST("/v1/products/{product_id}/questions", { params, body: { question } }));
            setSent(true);
          }}
        >
          <Field label="Your question" name="question" rows={2} required />
        </Form>
      )}
    </section>
  );
}

function QuestionCard({ question }: { question: Question }) {
  const [votes, setVotes] = useState(question.upvotes);
  const vote = useAction(async () => {
    await ask(api.PUT("/v1/questions/{question_id}/votes/me", { params: { path: { question_id: question.id } } }));
    setVotes(question.upvotes + 1);
  });
  return (
    <li class="card stack stack-tight">
      <h3>{question.question}</h3>
      {question.answer ? (
        <p>
          {question.answer} <span class="small soft">{day(question.answered_at)}</span>
        </p>
      ) : (
        <p class="soft">Not answered yet.</p>
      )}
      <div class="row">
        <Button small kind="quiet" busy={vote.busy} onClick={() => vote.act()}>
          I want to know that too ({votes})
        </Button>
        {vote.problem && <span class="field-error">{vote.problem.detail}</span>}
      </div>
    </li>
  );
}
