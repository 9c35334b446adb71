namespace NetPol.Kubernetes.Reading;

/// <summary>Reads objects of which exactly one field is to be written.</summary>
internal static class Choice
{
    /// <summary>The one field that is there; null when it is not exactly one, or others are there that nobody knows, which is reported.</summary>
    /// <param name="fields">The object.</param>
    /// <param name="newerApi">The code of the warning for an object that looks like one of a newer API; null: that is an error like any other.</param>
    /// <param name="names">The fields.</param>
    public static Field? One(Fields fields, string? newerApi, params ReadOnlySpan<string> names)
    {
        var given = new List<Field>();
        foreach (var name in names)
        {
            if (fields[name] is { } field)
                given.Add(field);
        }
        if (given.Count == 0 && newerApi is not null && fields.IsFromNewerApi())
        {
            fields.Self.Refused(newerApi, $"{string.Join(", ", fields.Unknown())} is not known here and fails closed: an allowing rule with it matches nothing, any other denies", ApiServers.Definitions);
            return null;
        }
        var faults = fields.Report.Faults;
        fields.Close();
        if (given.Count != 1 && fields.Report.Faults == faults)
        {
            var found = given.Count == 0 ? "none is there" : $"{given.Count} are";
            fields.Self.Error("one-of", $"exactly one of {string.Join(", ", names)} is needed, and {found}");
        }
        return given.Count == 1 && fields.Report.Faults == faults ? given[0] : null;
    }
}
