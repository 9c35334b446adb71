using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Lints;

/// <summary>Looks for policies that an API server takes and that seldom say what their author means. Each code has a section in <c>docs/reference/check-codes.md</c>.</summary>
public static class PolicyLint
{
    /// <summary>Looks at the objects together. Policies with errors are left out: their meaning is not known.</summary>
    public static LintReport Check(LoadedManifests loaded)
    {
        var world = new LintWorld(loaded.Manifests, loaded.Snapshot);
        var found = new List<Diagnostic>();
        SelectionLint.CheckSubjects(world, found);
        foreach (var rule in LintedRule.Of(world))
        {
            EmptyListLint.Check(rule, found);
            // Of two items that are one by mistake the second one often selects no pod.
            if (!AndOrLint.Check(world, rule, found))
                SelectionLint.CheckPeers(world, rule, found);
            PortLint.Check(world, rule, found);
            ServiceAddressLint.Check(world, rule, found);
        }
        ClientAddressLint.Check(world, found);
        DnsLint.Check(world, found);
        return new(found.Where(d => !loaded.Manifests.Suppressions.Covers(d)).OrderBy(d => d.Location).ToValueArray(), NotChecked(world));
    }

    /// <summary>Policies by themselves are the usual content of a repository; what needs pods is then named.</summary>
    private static ValueArray<LintCode> NotChecked(LintWorld world) => world.Pods.Count > 0 || world.Manifests.Policies.Count == 0 ? [] : LintCode.All
        .Where(l => l.Needs is LintCode.Pods or LintCode.Services || (l.Needs is LintCode.Namespaces && world.Declared.Count == 0))
        .ToValueArray();
}
