using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NetPol.Model.Policies;

namespace NetPol.Model.RuleSets;

/// <summary>The identity of peers that the rules of an enforcement point cannot distinguish: a hash of what the rules match in them, equal on every node and in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct PeerIdentity(UInt128 Value) : IComparable<PeerIdentity>
{
    public static bool operator <(PeerIdentity left, PeerIdentity right) => left.Value < right.Value;

    public static bool operator >(PeerIdentity left, PeerIdentity right) => left.Value > right.Value;

    public static bool operator <=(PeerIdentity left, PeerIdentity right) => left.Value <= right.Value;

    public static bool operator >=(PeerIdentity left, PeerIdentity right) => left.Value >= right.Value;

    public int CompareTo(PeerIdentity other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>The id of a <see cref="PortPolicy"/>: a hash of its content, equal on every node and in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct PortPolicyId(UInt128 Value) : IComparable<PortPolicyId>
{
    public static bool operator <(PortPolicyId left, PortPolicyId right) => left.Value < right.Value;

    public static bool operator >(PortPolicyId left, PortPolicyId right) => left.Value > right.Value;

    public static bool operator <=(PortPolicyId left, PortPolicyId right) => left.Value <= right.Value;

    public static bool operator >=(PortPolicyId left, PortPolicyId right) => left.Value >= right.Value;

    public int CompareTo(PortPolicyId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>The id of a <see cref="Decision"/>: a hash of its content, equal on every node and in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct DecisionId(UInt128 Value) : IComparable<DecisionId>
{
    public static bool operator <(DecisionId left, DecisionId right) => left.Value < right.Value;

    public static bool operator >(DecisionId left, DecisionId right) => left.Value > right.Value;

    public static bool operator <=(DecisionId left, DecisionId right) => left.Value <= right.Value;

    public static bool operator >=(DecisionId left, DecisionId right) => left.Value >= right.Value;

    public int CompareTo(DecisionId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>
/// The hash behind content ids: the first 128 bits of SHA-256, big-endian. Users choose the hashed content, so the id must be long enough to
/// rule out a search for collisions. A collision of 64 bits took three minutes on one processor.
/// </summary>
public static class ContentHash
{
    /// <summary>Hashes canonical bytes. Different contents must have different bytes (<see cref="CanonicalText"/>).</summary>
    public static UInt128 Compute(ReadOnlySpan<byte> canonicalBytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonicalBytes, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}

/// <summary>
/// Builds the text that an id hashes: the content type, then one line per field. A field is <c>LENGTH:TEXT</c>, with the length in UTF-16 code
/// units. A missing field is <c>-</c>. So different sequences of fields have different texts. Enum members have fixed words here, independent of
/// their names in the code, because ids outlive a process and a version.
/// </summary>
public sealed class CanonicalText
{
    private readonly StringBuilder _text;

    /// <param name="what">The content type, such as <c>decision</c>. Contents of different types never have the same text.</param>
    public CanonicalText(string what) => _text = new(what);

    /// <summary>Appends a field. Null is a missing field, which differs from an empty one.</summary>
    public CanonicalText Add(string? field)
    {
        _text.Append('\n');
        if (field is null)
            _text.Append('-');
        else
            _text.Append(CultureInfo.InvariantCulture, $"{field.Length}:{field}");
        return this;
    }

    /// <inheritdoc cref="Add(string?)"/>
    public CanonicalText Add(int? field) => Add(field?.ToString(CultureInfo.InvariantCulture));

    public CanonicalText Add(Direction field) => Add(field switch
    {
        Direction.Egress => "egress",
        Direction.Ingress => "ingress",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, null),
    });

    public CanonicalText Add(Verdict field) => Add(field switch
    {
        Verdict.Allow => "allow",
        Verdict.Deny => "deny",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, null),
    });

    public CanonicalText Add(Tier field) => Add(field switch
    {
        Tier.Admin => "admin",
        Tier.NetworkPolicy => "network-policy",
        Tier.Baseline => "baseline",
        Tier.Default => "default",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, null),
    });

    /// <summary>Appends kind, namespace and name as three fields, or one missing field for null.</summary>
    public CanonicalText Add(PolicyId? policy) =>
        policy is { } id ? Add(id.Kind.Name()).Add(id.Namespace).Add(id.Name) : Add((string?)null);

    /// <summary>Hashes the UTF-8 form of the text.</summary>
    public UInt128 Hash() => ContentHash.Compute(Encoding.UTF8.GetBytes(ToString()));

    public override string ToString() => _text.ToString();
}
