// Submits a workflow by a client that OpenAPI Generator made of the API's OpenAPI document, and follows it to its end.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.UUID;
import waterflow.ApiClient;
import waterflow.ApiException;
import waterflow.api.RunsApi;
import waterflow.model.NewRun;
import waterflow.model.RunDetails;

final class Greet {
    private static final String WORKFLOW = """
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
        """;

    public static void main(String[] arguments) throws Exception {
        String url = System.getenv("WATERFLOW_SERVER_URL");
        String key = System.getenv("WATERFLOW_API_KEY");
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
        RunsApi runs = new RunsApi(client);
        try {
            NewRun run = new NewRun().workflow(WORKFLOW).inputs(Map.of("who", "Ada"));
            // With a key of its own a submission may be sent again, and counts once.
            String id = runs.submitWorkflow(run, UUID.randomUUID().toString()).getId();
            follow(url, key, id);
            RunDetails ended = ended(runs, id);
            // Objects whose keys are the workflow's own are maps, of which the generator says Object.
            Map<?, ?> outputs = (Map<?, ?>) ended.getJobs().get("greet").getOutputs();
            System.out.println(ended.getStatus() + " " + outputs.get("greeting"));
        } catch (ApiException refused) {
            // The body is a Problem, with every diagnostic.
            System.err.println(refused.getCode() + " " + refused.getResponseBody());
            System.exit(1);
        }
    }

    // Asks again and again for what is different, until the run has ended.
    private static RunDetails ended(RunsApi runs, String id) throws ApiException {
        RunDetails run = runs.getRun(id, null, null, null);
        while (run.getEndedAt() == null) run = runs.getRun(id, "30s", run.getStatus().getValue(), null);
        return run;
    }

    // The log as text, as it is written, to the end of the run.
    private static void follow(String url, String key, String id) throws Exception {
        URI logs = URI.create(url + "/v1/workflows/" + id + "/logs?format=text&follow=true");
        HttpRequest request = HttpRequest.newBuilder(logs).header("Authorization", "Bearer " + key).build();
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines()).body().forEach(System.out::println);
    }
}
