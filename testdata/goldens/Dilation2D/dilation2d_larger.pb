
>
inputPlaceholder*
dtype0*
shape:
{
filterConst*
dtype0*]
valueTBR"@}^?ˇûõ?l…¿˙πø|>øñ∆ÿøıo>?æÁ>k‹∞øÓ√öøA∂æ|Oø•·¯>≈µ√?ÔyøfväΩ
d
op
Dilation2Dinputfilter*
T0*
paddingVALID*
rates
*
strides
