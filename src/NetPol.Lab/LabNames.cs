using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace NetPol.Lab;

/// <summary>
/// The names of a lab's namespaces: a function of the lab's name and the inhabitant's, so that another process finds them with no
/// record kept anywhere. A lab's name has no dot, hence <c>netpol-lab-LAB.</c> starts the names of this lab and of no other.
/// </summary>
internal static partial class LabNames
{
    private const string Start = "netpol-lab-";

    // A file name has 255 bytes; the lab's name and the longest kind take less than a hundred of them.
    private const int LongestPlainName = 150;

    public static string Prefix(string lab) => $"{Start}{lab}.";

    public static string Fabric(string lab) => $"{Prefix(lab)}fabric";

    public static string Node(string lab, string name) => $"{Prefix(lab)}node.{FileName(name)}";

    public static string Pod(string lab, string id) => $"{Prefix(lab)}pod.{FileName(id)}";

    public static string Outside(string lab, string address) => $"{Prefix(lab)}outside.{FileName(address)}";

    /// <summary>The lab that a namespace belongs to; null when its name is not one that a lab gives.</summary>
    public static string? LabOf(string networkNamespace)
    {
        if (!networkNamespace.StartsWith(Start, StringComparison.Ordinal))
            return null;
        var dot = networkNamespace.IndexOf('.', StringComparison.Ordinal);
        return dot > Start.Length ? networkNamespace[Start.Length..dot] : null;
    }

    /// <summary>Throws a <see cref="LabException"/> unless the name is one to forty lower-case letters, digits and dashes.</summary>
    public static void Validate(string lab)
    {
        if (!LabName().IsMatch(lab))
            throw new LabException($"'{lab}' cannot name a lab: write 1 to 40 lower-case letters, digits and dashes");
    }

    // Kubernetes names have no slash and a Kubernetes namespace's has no dot: `namespace.pod` stands for one pod only.
    private static string FileName(string id)
    {
        var name = id.Replace('/', '.');
        return name.Length <= LongestPlainName && PlainName().IsMatch(name)
            ? name
            : $"{Unusual().Replace(name, "_")[..Math.Min(name.Length, LongestPlainName - 20)]}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..16]}";
    }

    [GeneratedRegex("^[a-z0-9-]{1,40}$", RegexOptions.NonBacktracking)]
    private static partial Regex LabName();

    [GeneratedRegex("^[A-Za-z0-9.:_-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex PlainName();

    [GeneratedRegex("[^A-Za-z0-9.:_-]", RegexOptions.NonBacktracking)]
    private static partial Regex Unusual();
}
