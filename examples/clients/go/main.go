// Submits a workflow by a client that ogen made of the API's OpenAPI document, and follows it to its end.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/go-faster/jx"
	"github.com/ogen-go/ogen/ogenerrors"

	"example.com/orders/waterflow"
)

const workflow = `
name: greet
on: { manual: { inputs: { who: { type: string, required: true } } } }
jobs:
  greet:
    outputs: { greeting: "${{ steps.say.outputs.greeting }}" }
    steps:
      - id: say
        env: { WHO: "${{ inputs.who }}" }
        run: |
          echo "hello $WHO"
          echo "greeting=hello $WHO" >> "$WATERFLOW_OUTPUT"
`

type key string

func (k key) Bearer(context.Context, waterflow.OperationName) (waterflow.Bearer, error) {
	return waterflow.Bearer{Token: string(k)}, nil
}

// The document has two ways to send a key: one is enough.
func (key) ApiKey(context.Context, waterflow.OperationName) (waterflow.ApiKey, error) {
	return waterflow.ApiKey{}, ogenerrors.ErrSkipClientSecurity
}

func main() {
	ctx := context.Background()
	url, apiKey := os.Getenv("WATERFLOW_SERVER_URL"), os.Getenv("WATERFLOW_API_KEY")
	client, err := waterflow.NewClient(url, key(apiKey))
	check(err)
	run := submit(ctx, client, &waterflow.NewRun{
		Workflow: workflow,
		Inputs:   waterflow.NewOptNewRunInputs(waterflow.NewRunInputs{"who": jx.Raw(`"Ada"`)}),
	})
	check(follow(url, apiKey, run))
	ended := wait(ctx, client, run)
	fmt.Println(ended.Status, string(ended.Jobs["greet"].Outputs["greeting"]))
}

// With a key of its own a submission may be sent again, and counts once.
func submit(ctx context.Context, client *waterflow.Client, run *waterflow.NewRun) string {
	params := waterflow.SubmitWorkflowParams{IdempotencyKey: waterflow.NewOptString(rand.Text())}
	answer, err := client.SubmitWorkflow(ctx, run, params)
	check(err)
	switch answer := answer.(type) {
	case *waterflow.SubmittedRunHeaders:
		return answer.Response.ID
	case *waterflow.ProblemHeaders:
		for _, each := range answer.Response.Errors {
			log.Printf("%s:%d:%d %s: %s", each.File.Value, each.Line.Value, each.Column.Value, each.Code, each.Message)
		}
	}
	log.Fatalf("not taken: %T", answer)
	return ""
}

// Asks again and again for what is different, until the run has ended.
func wait(ctx context.Context, client *waterflow.Client, run string) waterflow.RunDetails {
	params := waterflow.GetRunParams{ID: run}
	for {
		answer, err := client.GetRun(ctx, params)
		check(err)
		found, isRun := answer.(*waterflow.RunDetailsHeaders)
		if !isRun {
			log.Fatalf("no run: %T", answer)
		}
		if found.Response.EndedAt.Set {
			return found.Response
		}
		params.Wait = waterflow.NewOptString("30s")
		params.While = waterflow.NewOptGetRunWhile(waterflow.GetRunWhile(found.Response.Status))
	}
}

// The log as text, as it is written, to the end of the run.
func follow(url, apiKey, run string) error {
	request, err := http.NewRequest(http.MethodGet, url+"/v1/workflows/"+run+"/logs?format=text&follow=true", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+apiKey)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		fmt.Println(lines.Text())
	}
	return lines.Err()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
