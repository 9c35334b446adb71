using System.Globalization;
using System.Text;
using NetPol.Model.Policies;

namespace NetPol.Model.Rules;

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
    public UInt128 Hash() => ContentHash.Of(Encoding.UTF8.GetBytes(ToString()));

    public override string ToString() => _text.ToString();
}
