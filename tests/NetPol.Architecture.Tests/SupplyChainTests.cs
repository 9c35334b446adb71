using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using NetPol.Testing.Infrastructure;

namespace NetPol.Architecture.Tests;

/// <summary>Packages are pinned, the bill of materials lists them, and a release names one image everywhere.</summary>
[TestClass]
public sealed partial class SupplyChainTests
{
    private static readonly string[] Programs = ["NetPol.Agent", "NetPol.Cli", "NetPol.Controller"];

    [TestMethod]
    public void Every_project_has_a_lock_file()
    {
        foreach (var project in ProjectFile.All)
        {
            var path = $"{project.Room}/{project.Name}/packages.lock.json";
            Assert.IsTrue(File.Exists(SourceTree.Absolute(path)), $"{path} is missing: run dotnet restore NetPol.sln and commit it");
            foreach (var (name, version, hash) in Locked(path))
                Assert.AreEqual(64, Convert.FromBase64String(hash).Length, $"{path}: {name} {version}");
        }
    }

    [TestMethod]
    public void Pinned_files_name_no_download_source()
    {
        var wrong = SourceTree.Files
            .Where(f => f.EndsWith("packages.lock.json", StringComparison.Ordinal) || f.StartsWith("build/", StringComparison.Ordinal))
            .Where(f => PackageSource().IsMatch(File.ReadAllText(SourceTree.Absolute(f))));
        Assert.AreEqual("", string.Join(", ", wrong));
    }

    [TestMethod]
    public void SBOM_is_valid_and_lists_every_locked_package()
    {
        var folder = Directory.CreateTempSubdirectory("npt-sbom-").FullName;
        try
        {
            var packages = Path.Combine(folder, "packages");
            File.WriteAllText(packages, $"libssl3 3.0.1-1~deb12u2 amd64 /usr/lib/libssl.so.3 {new string('a', 64)}\n");
            var (first, second) = (Path.Combine(folder, "first.json"), Path.Combine(folder, "second.json"));
            Run(Repository.Path("build", "sbom"), first, "--packages", packages);
            Run(Repository.Path("build", "sbom"), second, "--packages", packages);
            Assert.AreEqual(File.ReadAllText(first), File.ReadAllText(second), "the same input gives another bill");
            using var bill = JsonDocument.Parse(File.ReadAllText(first));
            AssertSound(bill.RootElement);
            AssertComplete(bill.RootElement);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void Release_writes_version_and_digest_into_manifests()
    {
        var folder = Directory.CreateTempSubdirectory("npt-release-").FullName;
        try
        {
            foreach (var file in (string[])["Directory.Build.props", "CHANGELOG.md", "manifests/base/agent.yaml", "manifests/base/controller.yaml"])
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, file))!);
                File.Copy(Repository.Path(file.Split('/')), Path.Combine(folder, file));
            }
            var root = Directory.CreateDirectory(Path.Combine(folder, "root")).FullName;
            File.WriteAllText(Path.Combine(root, "program"), "content");
            var image = Path.Combine(folder, "image.tar");
            var digest = Digest().Match(Run(Repository.Path("build", "archive"), "example.com/netpol:2.3.4", root, image)).Value;
            Assert.AreEqual("", Run("env", $"NETPOL_ROOT={folder}", $"IMAGE={image}", Repository.Path("build", "release"), "latest", "example.com/netpol", Path.Combine(folder, "out.tar")), "\"latest\" is no version");
            Run("env", $"NETPOL_ROOT={folder}", $"IMAGE={image}", Repository.Path("build", "release"), "2.3.4", "example.com/netpol", Path.Combine(folder, "out.tar"));
            Assert.Contains("<VersionPrefix>2.3.4</VersionPrefix>", File.ReadAllText(Path.Combine(folder, "Directory.Build.props")));
            Assert.MatchesRegex(NewSection(), File.ReadAllText(Path.Combine(folder, "CHANGELOG.md")));
            foreach (var manifest in (string[])["agent.yaml", "controller.yaml"])
                Assert.Contains($"image: example.com/netpol:2.3.4@{digest}\n", File.ReadAllText(Path.Combine(folder, "manifests/base", manifest)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void Image_ignores_file_times_and_modes()
    {
        var folder = Directory.CreateTempSubdirectory("npt-image-").FullName;
        try
        {
            var digests = new List<string>();
            foreach (var (name, age, mode) in ((string, int, string)[])[("a", 0, "755"), ("b", 400, "700")])
            {
                var root = Path.Combine(folder, name);
                foreach (var file in (string[])["one", "two", "in/three"])
                {
                    var path = Path.Combine(root, file);
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    File.WriteAllText(path, file);
                    File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddDays(age));
                }
                Run("chmod", mode, Path.Combine(root, "one"));
                digests.Add(Digest().Match(Run(Repository.Path("build", "archive"), "netpol:1.2.3", root, Path.Combine(folder, $"{name}.tar"))).Value);
            }
            Assert.AreEqual(digests[0], digests[1]);
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(folder, "a.tar")), File.ReadAllBytes(Path.Combine(folder, "b.tar")));
            File.AppendAllText(Path.Combine(folder, "b", "one"), "!");
            Assert.AreNotEqual(digests[0], Digest().Match(Run(Repository.Path("build", "archive"), "netpol:1.2.3", Path.Combine(folder, "b"), Path.Combine(folder, "b.tar"))).Value);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What the specification of CycloneDX 1.6 asks for, as far as a bill of ours has it.</summary>
    private static void AssertSound(JsonElement bill)
    {
        Assert.AreEqual("CycloneDX 1.6", $"{bill.GetProperty("bomFormat")} {bill.GetProperty("specVersion")}");
        Assert.MatchesRegex(SerialNumber(), bill.GetProperty("serialNumber").GetString());
        var references = new HashSet<string>(StringComparer.Ordinal) { bill.GetProperty("metadata").GetProperty("component").GetProperty("bom-ref").GetString()! };
        foreach (var component in Components(bill))
        {
            Assert.IsTrue(references.Add(component.GetProperty("bom-ref").GetString()!), $"twice: {component.GetProperty("bom-ref")}");
            Assert.IsFalse(string.IsNullOrEmpty(component.GetProperty("name").GetString()));
            if (!component.TryGetProperty("hashes", out var hashes))
                continue;
            foreach (var hash in hashes.EnumerateArray())
                Assert.MatchesRegex(Hash(), $"{hash.GetProperty("alg")} {hash.GetProperty("content")}");
        }
        foreach (var dependency in bill.GetProperty("dependencies").EnumerateArray())
        {
            Assert.Contains(dependency.GetProperty("ref").GetString()!, references);
            foreach (var on in dependency.GetProperty("dependsOn").EnumerateArray())
                Assert.Contains(on.GetString()!, references);
        }
    }

    /// <summary>Every package of a program's lock file is listed with its hash, unless the program's own restore says that it ships nothing.</summary>
    private static void AssertComplete(JsonElement bill)
    {
        var listed = Components(bill).Where(c => c.TryGetProperty("purl", out _)).ToDictionary(c => c.GetProperty("purl").GetString()!, c => c, StringComparer.Ordinal);
        Assert.IsTrue(listed.ContainsKey("pkg:deb/debian/libssl3@3.0.1-1~deb12u2?arch=amd64&distro=debian-12") || listed.Keys.Any(k => k.Contains("/libssl3@", StringComparison.Ordinal)));
        string[] shipsNothing = ["Meziantou.Analyzer", "Roslynator.Analyzers", "Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.NET.ILLink.Tasks", "Microsoft.DotNet.ILCompiler", "Grpc.Tools"];
        var missing =
            from program in Programs
            from package in Locked($"src/{program}/packages.lock.json")
            let purl = $"pkg:nuget/{package.Name}@{package.Version}"
            where !shipsNothing.Contains(package.Name, StringComparer.Ordinal)
            where !listed.TryGetValue(purl, out var component)
                || !string.Equals(component.GetProperty("hashes")[0].GetProperty("content").GetString(), Convert.ToHexStringLower(Convert.FromBase64String(package.Hash)), StringComparison.Ordinal)
            select $"{program}: {purl}";
        // A package that holds nothing but references to others ships nothing either.
        var onlyReferences = new[] { "pkg:nuget/Grpc.AspNetCore@" };
        Assert.AreEqual("", string.Join('\n', missing.Where(m => !Array.Exists(onlyReferences, r => m.Contains(r, StringComparison.Ordinal))).Distinct(StringComparer.Ordinal)));
    }

    private static IEnumerable<JsonElement> Components(JsonElement of) => of.TryGetProperty("components", out var components)
        ? components.EnumerateArray().SelectMany(c => Components(c).Prepend(c))
        : [];

    private static IEnumerable<(string Name, string Version, string Hash)> Locked(string path)
    {
        using var text = JsonDocument.Parse(File.ReadAllText(SourceTree.Absolute(path)));
        return
        [
            .. text.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(target => target.Value.EnumerateObject())
                .Where(p => p.Value.TryGetProperty("contentHash", out _))
                .Select(p => (p.Name, p.Value.GetProperty("resolved").GetString()!, p.Value.GetProperty("contentHash").GetString()!)).Distinct(),
        ];
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        // build/release refuses what is no version; nothing else may fail.
        Assert.IsTrue(process.ExitCode == 0 || errors.Result.Contains("is not a version", StringComparison.Ordinal), $"{program} {string.Join(' ', arguments)}: {output}{errors.Result}");
        return output;
    }

    [GeneratedRegex(@"^## \[Unreleased\]\n\n## \[2\.3\.4\] - \d{4}-\d\d-\d\d$", RegexOptions.Multiline, 1000)]
    private static partial Regex NewSection();

    [GeneratedRegex("sha256:[0-9a-f]{64}", RegexOptions.None, 1000)]
    private static partial Regex Digest();

    [GeneratedRegex("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", RegexOptions.None, 1000)]
    private static partial Regex SerialNumber();

    [GeneratedRegex("^(SHA-512 [0-9a-f]{128}|SHA-256 [0-9a-f]{64})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hash();

    [GeneratedRegex("https?://[^\\s\"]*/v3/", RegexOptions.None, 1000)]
    private static partial Regex PackageSource();
}
