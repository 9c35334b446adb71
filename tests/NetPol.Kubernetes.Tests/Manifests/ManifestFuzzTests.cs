using CsCheck;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Diagnostics;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Manifests;

/// <summary>For any bytes, the loader throws no exception and loses no policy without an error.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ManifestFuzzTests
{
    private static readonly string[] Tokens =
        ["---\n", "\n", ": ", "- ", "{", "}", "[", "]", "\"", "'", "&a ", "*a", "!!int ", "<<: ", "|\n", ">\n", "\t", "#", "? ", "%", "@", "\0", "\uFEFF", "\ud800", "null", "~", "true", "1e9", "0x", "99999999999999999999", ",", "\\", "...\n", "  "];

    private static readonly string[] Seeds = [.. Directory
        .GetFiles(Repository.Path("tests", "NetPol.Kubernetes.Tests", "Fixtures"), "*.*", SearchOption.AllDirectories)
        .Concat(Directory.GetFiles(Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", "accepted")))
        .Concat(Directory.GetFiles(Repository.Path("policy-samples"), "policies.yaml", SearchOption.AllDirectories))
        .Where(f => Path.GetExtension(f) is ".yaml" or ".json" or ".yml")
        .Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    private static readonly Gen<Func<string, string>> Edit = Gen.OneOf(
        Gen.Select(Gen.Double[0, 1], Gen.Int[1, 40]).Select((at, count) => (Func<string, string>)(t => t.Remove(Index(t, at), Math.Min(count, t.Length - Index(t, at))))),
        Gen.Select(Gen.Double[0, 1], OneOf(Tokens)).Select((at, token) => (Func<string, string>)(t => t.Insert(Index(t, at), token))),
        Gen.Select(Gen.Double[0, 1], Gen.Char).Select((at, c) => (Func<string, string>)(t => t.Insert(Index(t, at), c.ToString()))),
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[1, 80]).Select((from, to, count) => (Func<string, string>)(t =>
            t.Insert(Index(t, to), t.Substring(Index(t, from), Math.Min(count, t.Length - Index(t, from)))))));

    private static readonly Gen<string> Mutants =
        Gen.Select(OneOf(Seeds), Edit.List[1, 4]).Select((seed, edits) => edits.Aggregate(seed, (text, edit) => edit(text)));

    [TestMethod]
    public void No_text_makes_the_loader_throw() => Mutants.Sample(text => Load(text) is not null, iter: 3000);

    [TestMethod]
    public void A_policy_with_one_slip_is_in_the_snapshot_or_there_is_an_error() =>
        Gen.Select(OneOf(SinglePolicies()), Edit).Sample(
            (seed, edit) =>
            {
                var text = edit(seed);
                var loaded = Load(text);
                return loaded.HasErrors || !loaded.Snapshot.Policies.IsEmpty || loaded.Skipped.Count > 0 || IsEmptyText(text);
            },
            iter: 3000);

    [TestMethod]
    public void Mutants_reach_both_faulty_and_sound_manifests()
    {
        int malformed = 0, unknownFields = 0, sound = 0;
        Mutants.Sample(
            text =>
            {
                var loaded = Load(text);
                Count(ref malformed, loaded.Diagnostics.Any(d => d.Code == "malformed-yaml"));
                Count(ref unknownFields, loaded.Diagnostics.Any(d => d.Code == "unknown-field"));
                Count(ref sound, !loaded.HasErrors && !loaded.Snapshot.Policies.IsEmpty);
            },
            iter: 500);

        Assert.IsTrue(malformed > 20 && unknownFields > 20 && sound > 20, $"{malformed} malformed, {unknownFields} with unknown fields, {sound} sound");
    }

    [TestMethod]
    public void Diagnostics_come_in_the_order_of_their_places() => Mutants.Sample(
        text =>
        {
            var places = Load(text).Diagnostics.Select(d => d.Location ?? default(SourceLocation)).ToList();
            return places.SequenceEqual(places.Order());
        },
        iter: 300);

    private static Gen<string> OneOf(string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static void Count(ref int counter, bool isOne)
    {
        if (isOne)
            Interlocked.Increment(ref counter);
    }

    private static string[] SinglePolicies() => [.. Seeds.Where(s => Load(s) is { HasErrors: false } loaded && loaded.Snapshot.Policies.Count == 1)];

    private static bool IsEmptyText(string text) => text.Split('\n').All(l => string.IsNullOrWhiteSpace(l) || l.TrimStart()[0] == '#');

    private static int Index(string text, double at) => (int)(at * text.Length);

    private static LoadedManifests Load(string text) => ManifestLoader.Load(["-"], new StringReader(text));
}
