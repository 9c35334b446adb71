using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests.Cases;

/// <summary>Realistic folders: the command names and skips files that are not manifests, and evaluates the rest.</summary>
[TestClass]
public sealed class ManifestFolderTests
{
    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: a}}\nspec: {containers: [{name: c, ports: [{containerPort: 80}]}]}\n";

    private const string Policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: closed}\nspec: {podSelector: {}}\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("npt-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod, TestCategory("Process")]
    [DataRow("check")]
    [DataRow("matrix -o json")]
    [DataRow("explain --from default/api-1 --to 192.0.2.1 --port 80")]
    public async Task The_case_is_answered_without_what_is_no_manifest(string command)
    {
        var outcome = await NetPolProcess.RunAsync([.. command.Split(' '), "-f", CaseFolder.Of("31-duplicate-and-patches")]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        AssertOmitted(outcome, "dashboard.json", "no Kubernetes object");
        AssertOmitted(outcome, "tpl.yaml", "helm template");
        AssertOmitted(outcome, "values.yaml", "helm template");
    }

    [TestMethod, TestCategory("Process")]
    public async Task The_kustomization_of_the_case_is_named_with_advice()
    {
        var outcome = await NetPolProcess.RunAsync("check", "-f", CaseFolder.Of("34-kustomize-folder"));

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        AssertOmitted(outcome, "kustomization.yaml", "-k ");
        StringAssert.Contains(outcome.Output, "1 policy, 1 namespace, 1 pod", StringComparison.Ordinal);
    }

    [TestMethod, TestCategory("Cluster")]
    public async Task A_kustomization_is_rendered()
    {
        RequireKubectl();

        var outcome = await NetPolProcess.RunAsync("check", "-k", CaseFolder.Of("34-kustomize-folder"), "-o", "json");

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.Contains(outcome.Output, "\"policies\": 1", StringComparison.Ordinal);
    }

    [TestMethod, TestCategory("Cluster")]
    public async Task A_rendered_kustomization_is_evaluated_with_its_changes()
    {
        RequireKubectl();
        Write("kustomization.yaml", "resources: [pod.yaml, policy.yaml]\nnamespace: prod\nnamePrefix: dev-\n");
        Write("pod.yaml", Pod);
        Write("policy.yaml", Policy);

        Assert.AreEqual("deny", await ExplainedVerdicts.OfAsync(WriteOther(), "192.0.2.1", "prod/dev-a", "80/TCP", "-k", _folder));
    }

    [TestMethod, TestCategory("Cluster")]
    public async Task What_kubectl_says_about_a_kustomization_is_reported()
    {
        RequireKubectl();
        Write("kustomization.yaml", "resources: [nowhere.yaml]\n");

        var outcome = await NetPolProcess.RunAsync("matrix", "-k", _folder);

        Assert.AreEqual(2, outcome.ExitCode, outcome.Error);
        StringAssert.Contains(outcome.Error, "nowhere.yaml", StringComparison.Ordinal);
    }

    [TestMethod, TestCategory("Process")]
    [DataRow("package.json", """{"name": "shop", "version": "1.0.0"}""", "no Kubernetes object")]
    [DataRow("tsconfig.json", """{"compilerOptions": {} /* words */ }""", "no Kubernetes object")]
    [DataRow("docker-compose.yml", "services:\n  web: {image: web}\n", "no Kubernetes object")]
    [DataRow("patch.json", """[{"op": "replace", "path": "/spec"}]""", "no Kubernetes object")]
    [DataRow("mkdocs.yml", "extra: !!python/name:x\n", "no Kubernetes object")]
    [DataRow("values-prod.yaml", "kind: Deployment\nreplicas: 2\n", "helm template")]
    [DataRow("Chart.yaml", "apiVersion: v2\nname: shop\n", "helm template")]
    [DataRow("templates/quoted.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: \"{{ .Release.Name }}\"}\n", "helm template")]
    [DataRow("templates/policy.yaml", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {{ .Release.Name }}\n", "helm template")]
    [DataRow("kustomization.yml", "resources: [pod.yaml]\n", "kubectl kustomize")]
    [DataRow("generator.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", "kubectl kustomize")]
    public async Task A_file_of_a_folder_that_is_no_manifest_is_omitted(string file, string text, string advice)
    {
        Write("pod.yaml", Pod);
        Write("policy.yaml", Policy);
        Write(file, text);

        var outcome = await NetPolProcess.RunAsync("check", "-f", _folder);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        AssertOmitted(outcome, file, advice);
        StringAssert.Contains(outcome.Output, "1 policy, 1 namespace, 1 pod", StringComparison.Ordinal);
    }

    [TestMethod, TestCategory("Process")]
    [DataRow("patches: [{path: patch.yaml}]")]
    [DataRow("patchesStrategicMerge: [patch.yaml]")]
    public async Task A_patch_is_no_second_object(string patches)
    {
        Write("kustomization.yaml", $"resources: [pod.yaml]\n{patches}\n");
        Write("pod.yaml", Pod);
        Write("policy.yaml", Policy);
        Write("patch.yaml", Pod.Replace("app: a", "app: b", StringComparison.Ordinal));

        var outcome = await NetPolProcess.RunAsync("check", "-f", _folder);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        AssertOmitted(outcome, "patch.yaml", "-k ");
    }

    [TestMethod, TestCategory("Process")]
    [DataRow("kind: NetworkPolicy\nmetadata: {name: a}\n", "apiVersion: it is missing")]
    [DataRow("apiVersion: networking.k8s.io/v1\nmetadata: {name: a}\n", "kind: it is missing")]
    [DataRow("metadata: {name: a}\nspec: {podSelector: {}}\n", "apiVersion: it is missing")]
    [DataRow("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a\n", "this is not YAML")]
    public async Task A_faulty_manifest_is_an_error_in_a_folder_too(string text, string words)
    {
        Write("pod.yaml", Pod);
        Write("policy.yaml", text);

        var outcome = await NetPolProcess.RunAsync("check", "-f", _folder);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, words, StringComparison.Ordinal);
    }

    [TestMethod, TestCategory("Process")]
    public async Task A_Helm_template_that_is_named_is_an_error_with_advice()
    {
        Write("chart/Chart.yaml", "apiVersion: v2\nname: shop\n");
        Write("chart/templates/a.yaml", "{{- if .Values.on }}\nkind: NetworkPolicy\n{{- end }}\n");

        var outcome = await NetPolProcess.RunAsync("check", "-f", Path.Combine(_folder, "chart/templates/a.yaml"));

        Assert.AreEqual(1, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, "this is no manifest: it is a Helm template; render it: helm template ", StringComparison.Ordinal);
        StringAssert.Contains(outcome.Output, "/chart | netpol check -f -", StringComparison.Ordinal);
    }

    [TestMethod, TestCategory("Process")]
    [DataRow("kustomization.yaml", "resources: [a.yaml]\n", "write -k ")]
    [DataRow("values.yaml", "on: true\n", "helm template ")]
    [DataRow("quoted.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: \"{{ .Release.Name }}\"}\n", "helm template ")]
    public async Task What_is_no_manifest_and_is_named_is_an_error_with_advice(string file, string text, string advice)
    {
        Write(file, text);

        var outcome = await NetPolProcess.RunAsync("check", "-f", Path.Combine(_folder, file));

        Assert.AreEqual(1, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, $"{file}: this is no manifest: ", StringComparison.Ordinal);
        StringAssert.Contains(outcome.Output, advice, StringComparison.Ordinal);
    }

    [TestMethod, TestCategory("Process")]
    [DataRow("broken.yaml")]
    [DataRow("*ken.yaml")]
    [DataRow("more")]
    [DataRow("more/*")]
    [DataRow("**/broken.yaml")]
    public async Task What_is_excluded_is_not_read(string glob)
    {
        Write("pod.yaml", Pod);
        Write("policy.yaml", Policy);
        Write("more/broken.yaml", "apiVersion: [");

        var outcome = await NetPolProcess.RunAsync("check", "-f", _folder, "--exclude", glob);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
    }

    private static void RequireKubectl() =>
        TestRequirements.ClusterProgram("kubectl", Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(p => Path.Combine(p, "kubectl")).FirstOrDefault(File.Exists));

    private static void AssertOmitted(NetPolProcess.Outcome outcome, string file, string advice)
    {
        var line = (outcome.Output + outcome.Error).Split('\n').SingleOrDefault(l => l.Contains($"{file}: warning: left out: ", StringComparison.Ordinal));
        Assert.IsNotNull(line, outcome.Output + outcome.Error);
        StringAssert.Contains(line, advice, StringComparison.Ordinal);
    }

    private string WriteOther()
    {
        var file = Path.Combine(_folder, "other.txt");
        File.WriteAllText(file, "apiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n");
        return file;
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
