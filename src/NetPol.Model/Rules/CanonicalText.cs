using System.Globalization;
using System.Text;
using NetPol.Model.Policies;

namespace NetPol.Model.Rules;

/// <summary>
/// Builds the text that an id is the hash of: what is hashed, and then one line for each field. A field is written <c>LENGTH:TEXT</c>, the length
/// in UTF-16 code units, and a missing one <c>-</c>, so two different sequences of fields have different texts. Members of enums are written by
/// words of this class, not by their names in the code: ids outlive a process and a version.
/// </summary>
public sealed class CanonicalText
{
    private readonly StringBuilder _text;

    /// <param name="what">What is hashed: <c>decision</c>, <c>profile</c>. Two sorts of content never have one text.</param>
    public CanonicalText(string what) => _text = new(what);

    /// <summary>Appends a field; null is a missing one, which is not the empty one.</summary>
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

    /// <summary>Appends kind, namespace and name: three fields, or one missing field.</summary>
    public CanonicalText Add(PolicyId? policy) =>
        policy is { } id ? Add(id.Kind.Name()).Add(id.Namespace).Add(id.Name) : Add((string?)null);

    /// <summary>The hash of the text's UTF-8 form.</summary>
    public UInt128 Hash() => ContentHash.Of(Encoding.UTF8.GetBytes(ToString()));

    public override string ToString() => _text.ToString();
}
