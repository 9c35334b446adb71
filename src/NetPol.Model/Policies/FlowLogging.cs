namespace NetPol.Model.Policies;

/// <summary>Of which connections a flow record is asked for; each asks for those of the one before too.</summary>
public enum FlowLogging
{
    None,

    /// <summary>Of connections that are denied, or would be if policies that are audited were enforced.</summary>
    Denied,

    /// <summary>Of every connection that is judged.</summary>
    All,
}
