"""The joint loss of ``mnp.losses`` with its gradient written out: autograd's graph costs more than the arithmetic.

``mnp.network.outputs`` and ``mnp.losses.joint_loss`` define the model; this is their value and derivative and nothing
else, to rounding. Tensors here are (R, features, B): rows last in memory (see ``replicas.backpropagation``). Below, g_y
is the derivative of a replica's total loss with respect to y; U, A and D count unlabelled rows, labelled anomalies and
features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from mnp.losses import LossSettings, contrastive_loss, dynamic_weights
from mnp.network import DECODER, ENCODER, Views
from replicas.backpropagation import Dense, Trace, backward, backward_through, forward
from replicas.exact import elementwise
from replicas.layers import SLOPE
from replicas.training import Context, Step

ENCODING = tuple(Dense(name, SLOPE) for name in ENCODER)
DECODING = tuple(Dense(name, SLOPE) for name in DECODER)
HEAD = (Dense("head1", SLOPE), Dense("head2"))
EPS = 1e-12  # of F.normalize
TINY = 1e-30  # in place of a 0 whose quotient or logarithm is multiplied by 0
BELOW_ZERO = -1e-9  # no difference of 2 and a cosine's double lies between this and 0


def joint_gradient(
    p: Views,
    x: torch.Tensor,
    unlabelled: int,
    context: Context,
    settings: LossSettings,
    reconstruction_input: bool = True,
) -> Step:
    """``joint_loss`` of ``outputs`` and its gradient.

    Parameters
    ----------
    p : parameters with a replica axis
    x : (R, U + A, D) raw rows, the first U = ``unlabelled`` of them unlabelled; may be overwritten
    context : ``low``, ``gain`` (R, 1, D), ``exists`` (R, K), ``previous`` (R, 3), ``lambda_kl`` and ``moving`` (R, 1)
    settings : LossSettings
    reconstruction_input : bool
        False feeds 0 instead of e(x) to the scoring head (ablation).

    Returns
    -------
    total : (R,)
    terms : (R, 8) in the order of ``mnp.losses.LOSS_TERMS``
    gradients : {parameter: gradient (R, *shape)}
    """
    seen = _outputs(p, x, context, reconstruction_input)
    total, terms, slopes = _losses(seen, unlabelled, context, settings)
    return total, terms, _backward(p, seen, slopes, reconstruction_input)


@dataclass(frozen=True, eq=False)
class _Outputs:
    """What the forward pass leaves: ``mnp.network.Outputs`` with rows last, and what its derivative needs."""

    encoder: Trace
    decoder: Trace
    head: Trace
    deviation: torch.Tensor  # (R, D, B) derivative of SmoothL1(xhat - x): the difference cut to [-1, 1]
    error: torch.Tensor  # (R, B)
    unit: torch.Tensor  # (R, H2, B) z / ||z||
    norm: torch.Tensor  # (R, 1, B) ||z||, at least EPS
    centres: torch.Tensor  # (R, K, H2) unit prototypes, any where none exists
    centre_norm: torch.Tensor  # (R, K, 1)
    distance: torch.Tensor  # (R, K, B) 2 - 2 cosine; below 0 by rounding
    similarity: torch.Tensor  # (R, K, B)
    nearest: torch.Tensor  # (R, B)
    score: torch.Tensor  # (R, B)


@dataclass(frozen=True, eq=False)
class _Slopes:
    """Derivatives of the total with respect to the outputs, each as if the others were held fixed."""

    error: torch.Tensor  # (R, B)
    logit: torch.Tensor  # (R, B)
    nearest: torch.Tensor  # (R, B)
    similarity: torch.Tensor  # (R, K, U), of the clustering loss


def _outputs(p: Views, x: torch.Tensor, context: Context, reconstruction_input: bool) -> _Outputs:
    """``mnp.network.outputs``; see there."""
    columns = x.mT.contiguous().sub_(context["low"].mT).mul_(context["gain"].mT)
    encoder = forward(p, ENCODING, columns.mT)
    decoder = forward(p, DECODING, encoder.output)
    z, back = encoder.output.mT, decoder.output.mT
    terms = F.smooth_l1_loss(back, columns, reduction="none")
    error = terms.mean(dim=1)
    deviation = torch.sub(back, columns, out=terms).clamp_(-1.0, 1.0)
    replicas, size, rows = z.shape
    features = z.new_empty(replicas, size + 2, rows)  # the head's input; written in parts, not concatenated
    norm = z.square().sum(dim=1, keepdim=True).sqrt_().clamp_(min=EPS)
    unit = torch.div(z, norm, out=features[:, :size])
    centre_norm = torch.linalg.vector_norm(p["prototypes"], dim=2, keepdim=True).clamp_(min=EPS)
    centres = p["prototypes"] / centre_norm
    distance = torch.bmm(centres, unit).mul_(-2.0).add_(2.0)
    similarity = context["exists"][..., None] / distance.clamp(min=0.0).add_(1.0)
    nearest = torch.amax(similarity, dim=1)
    features[:, size] = error if reconstruction_input else 0.0
    features[:, size + 1] = nearest
    head = forward(p, HEAD, features.mT)
    score = elementwise(torch.sigmoid, head.output[..., 0])
    return _Outputs(
        encoder, decoder, head, deviation, error, unit, norm, centres, centre_norm, distance, similarity, nearest, score
    )


def _losses(
    seen: _Outputs, unlabelled: int, context: Context, settings: LossSettings
) -> tuple[torch.Tensor, torch.Tensor, _Slopes]:
    """``joint_loss`` and its derivative with respect to the network's outputs.

    Notes
    -----
    With n = max_k s_k, b = sigmoid(beta n), v = w / U = b / sum b (so mean(w y) = sum(v y)), v' = v or, unweighted,
    1 / U, c_i the derivative of the total with respect to the losses L_i (``_balance``), [j] = 1 for anomalies with
    e_j < m1 + sum(v e), r = c_1 (1 + mean [j]), h = c_3 (sigmoid(gap) - 1) for the contrastive term's gap, and
    g_v = r e + h n + c_2 a^2 / 2 (the last one not if unweighted):

    unlabelled: g_e = r v, g_a = c_2 v' a, g_n = h v + beta v (1 - b) (g_v - sum(g_v v));
    anomalies: g_e = -c_1 [j] / A, g_a = c_2 (a - 1) / A, g_n = -h / A;
    both: g_logit = g_a a (1 - a).
    """
    known = seen.error.shape[1] - unlabelled
    sizes = [unlabelled, known]
    error, error_a = torch.split(seen.error, sizes, dim=1)
    score, score_a = torch.split(seen.score, sizes, dim=1)
    near, near_a = torch.split(seen.nearest, sizes, dim=1)
    bell = elementwise(torch.sigmoid, settings.beta * near) if settings.likelihood else torch.ones_like(near)
    share = bell / bell.sum(dim=1, keepdim=True)
    weighing = settings.likelihood and not settings.unweighted_score
    pushed = score * share if weighing else score / unlabelled

    normal = (share * error).sum(dim=1, keepdim=True)
    apart = torch.relu((settings.margin + normal) - error_a)
    low = (pushed * score).sum(dim=1, keepdim=True) / 2.0
    missing = score_a - 1.0
    similar = (share * near).sum(dim=1, keepdim=True)
    similar_a = _mean(near_a)
    contrast = contrastive_loss(similar[:, 0], similar_a[:, 0])[:, None]
    pull = elementwise(torch.sigmoid, similar - similar_a) - 1.0
    if not settings.contrast:
        contrast, pull = torch.zeros_like(contrast), torch.zeros_like(pull)
    kl, g_similarity = _clustering(seen.similarity[..., :unlabelled], context["moving"])
    recon, fit = normal + _mean(apart), low + _mean(missing.square()) / 2.0
    losses = torch.cat([recon, fit, contrast + context["lambda_kl"] * kl], dim=1)
    total, slope = _balance(losses, context, settings.temperature)
    terms = torch.cat([losses, total, contrast, kl, similar, similar_a], dim=1)

    first, second, third = torch.split(slope, 1, dim=1)
    each = 1.0 / max(known, 1)
    active = apart.sign()
    rising = first * (1.0 + _mean(active))
    pull = pull * third
    g_near = pull * share
    if settings.likelihood:
        g_share = rising * error + pull * near
        along = rising * normal + pull * similar
        if weighing:
            g_share += (second / 2.0) * score.square()
            along += second * low
        g_near += (settings.beta * share) * (1.0 - bell) * (g_share - along)
    slopes = _Slopes(
        error=torch.cat([rising * share, (-each * first) * active], dim=1),
        logit=torch.ops.aten.sigmoid_backward(torch.cat([pushed, each * missing], dim=1) * second, seen.score),
        nearest=torch.cat([g_near, (-each * pull).expand_as(near_a)], dim=1),
        similarity=g_similarity.mul_((context["lambda_kl"] * third)[..., None]),
    )
    return total[:, 0], terms, slopes


def _clustering(similarity: torch.Tensor, moving: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``clustering_loss`` (R, 1) and its derivative with respect to s (R, K, U).

    Notes
    -----
    With q = s / S, S = sum_k s; v = q / sum_i q; T = sum_k q v; r = p / q = v / T; l = log r: KL = sum q r l.
    P held fixed: g_s = (1 - r) / S. Moving, with h = r (l - sum_k q r l) and m_k = sum_i h v:
    g_s = (1 - r + 2 h - m_k + sum_k q m_k) / S, of which h = 0 leaves the former. Prototypes that do not exist have
    s = 0 and add nothing, as long as TINY keeps their v and l finite; those of others are far from it.
    """
    whole = similarity.sum(dim=1, keepdim=True)
    q = similarity / whole
    v = q / q.sum(dim=2, keepdim=True).clamp_(min=TINY)
    r = v / (q * v).sum(dim=1, keepdim=True)
    gain = elementwise(torch.log, r.clamp(min=TINY))
    each = (q * r).mul_(gain).sum(dim=1, keepdim=True)
    kl = each.sum(dim=2)
    h = gain.sub_(each).mul_(r).mul_(moving[..., None])
    mass = v.mul_(h).sum(dim=2, keepdim=True)
    slope = h.mul_(2.0).sub_(r).sub_(mass).add_(torch.bmm(mass.mT, q).add_(1.0))
    return kl, slope.div_(whole)


def _balance(losses: torch.Tensor, context: Context, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """total = sum_i c_i L_i of dynamic weight averaging (R, 1), and its derivative with respect to L (R, 3).

    The derivative is c_i with weights held fixed, else c_i (1 + (L_i - total) / (Lprev_i T)).
    """
    weights = dynamic_weights(losses, context["previous"], temperature, context["moving"])
    total = (weights * losses).sum(dim=1, keepdim=True)
    through = (losses - total) / context["previous"].clamp(min=1e-12) / temperature
    return total, weights * (context["moving"] * through + 1.0)


def _backward(p: Views, seen: _Outputs, slopes: _Slopes, reconstruction_input: bool) -> dict[str, torch.Tensor]:
    """Gradients of all parameters.

    Notes
    -----
    g_s gets n's derivative where s_k = max s, in equal parts among equals (as ``amax`` has it); with s = 1 / (1 + d),
    d = 2 - 2 cosine clamped at 0: g_cosine = 2 s^2 g_s.
    """
    gradients, inner = backward_through(p, HEAD, seen.head, slopes.logit[..., None])
    inner = inner.mT
    size = seen.unit.shape[1]
    g_unit = inner[:, :size]
    g_error = slopes.error + inner[:, size] if reconstruction_input else slopes.error
    g_nearest = (slopes.nearest + inner[:, size + 1])[:, None]
    g = seen.similarity.clone().eq_(seen.nearest[:, None])  # 1 where nearest
    g.mul_(g_nearest.div_(g.sum(dim=1, keepdim=True)))
    g[..., : slopes.similarity.shape[2]] += slopes.similarity
    g = _where_above(g.mul_(seen.similarity).mul_(seen.similarity).mul_(2.0), seen.distance, BELOW_ZERO)
    g_unit = torch.baddbmm(g_unit, seen.centres.mT, g)
    g_centres = torch.bmm(g, seen.unit.mT)
    gradients["prototypes"] = _normalised_backward(g_centres, seen.centres, seen.centre_norm, dim=2)
    g_back = seen.deviation.mul_((g_error / seen.deviation.shape[1])[:, None])
    decoding, g_z = backward_through(p, DECODING, seen.decoder, g_back.mT)
    g_z = g_z.mT.add_(_normalised_backward(g_unit, seen.unit, seen.norm, dim=1))
    return gradients | decoding | backward(p, ENCODING, seen.encoder, g_z.mT)


def _normalised_backward(outer: torch.Tensor, unit: torch.Tensor, norm: torch.Tensor, dim: int) -> torch.Tensor:
    """Gradient of y in unit = y / norm, norm = max(||y||, EPS): (g - unit <unit, g>) / norm, in ``outer``.

    Where the norm is below EPS it is constant: g / EPS.
    """
    along = _where_above((unit * outer).sum(dim=dim, keepdim=True), norm, EPS)
    return outer.sub_(unit * along).div_(norm)


def _where_above(values: torch.Tensor, given: torch.Tensor, least: float) -> torch.Tensor:
    """``values`` where ``given`` > ``least``, else 0; a mask and a fill take ten times as long."""
    kept: torch.Tensor = torch.ops.aten.threshold_backward(values, given, least)
    return kept


def _mean(values: torch.Tensor) -> torch.Tensor:
    """Mean over the batch (R, 1); 0 where there are no rows (nothing labelled)."""
    return values.mean(dim=1, keepdim=True) if values.shape[1] else values.new_zeros(values.shape[0], 1)
