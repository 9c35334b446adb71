using NetPol.Netlink.Namespaces;

namespace NetPol.Lab;

/// <summary>What is there of labs under <c>/run/netns</c>, where they have their only record.</summary>
internal static class LabRemains
{
    private const string Folder = "/run/netns";

    /// <summary>Where the namespace of a pod, node or outside address is.</summary>
    public static string Find(string lab, string id)
    {
        string[] names = [LabNames.Pod(lab, id), LabNames.Node(lab, id), LabNames.Outside(lab, id)];
        return names.FirstOrDefault(name => File.Exists(Path.Combine(Folder, name))) ?? throw new LabException(Describe(lab, id));
    }

    /// <summary>A second name for a namespace.</summary>
    public static void Alias(string alias, string networkNamespace) => File.CreateSymbolicLink(Path.Combine(Folder, alias), networkNamespace);

    /// <summary>Removes the namespaces of one lab, which the caller holds; how many names there were.</summary>
    public static int Remove(string lab)
    {
        var names = NetworkNamespace.List().Where(name => name.StartsWith(LabNames.Prefix(lab), StringComparison.Ordinal)).ToList();
        foreach (var name in names)
        {
            if (File.ResolveLinkTarget(Path.Combine(Folder, name), returnFinalTarget: false) is not null)
                File.Delete(Path.Combine(Folder, name));
            else
                NetworkNamespace.Delete(name);
        }

        return names.Count;
    }

    /// <summary>Removes the labs whose owners have ended without removing them.</summary>
    public static void RemoveAbandoned()
    {
        foreach (var lab in NetworkNamespace.List().Select(LabNames.LabOf).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            using var held = LabLock.TryTake(lab);
            if (held is not null)
                Remove(lab);
        }
    }

    private static string Describe(string lab, string id)
    {
        var prefix = LabNames.Prefix(lab);
        var there = NetworkNamespace.List().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).ToList();
        return there.Count == 0
            ? $"lab '{lab}' is not up"
            : $"lab '{lab}' has no pod, node or outside address {id}; it has {string.Join(", ", there.Select(Inhabitant).OfType<string>().Order(StringComparer.Ordinal))}";
    }

    /// <summary>What a person calls the one who lives in the rest of a namespace's name; null when nobody does.</summary>
    private static string? Inhabitant(string rest) => rest.Split('.', 3) switch
    {
        ["pod", var space, var pod] => $"{space}/{pod}",
        ["node" or "outside", ..] => rest[(rest.IndexOf('.', StringComparison.Ordinal) + 1)..],
        _ => null,
    };
}
