namespace NetPol.Model.Policies;

/// <summary>The connections for which flow records are requested. Each level includes the previous one.</summary>
public enum FlowLogging
{
    None,

    /// <summary>Connections that are denied, or would be denied if audited policies were enforced.</summary>
    Denied,

    /// <summary>Every evaluated connection.</summary>
    All,
}
