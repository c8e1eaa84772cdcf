
>
inputPlaceholder*
dtype0*
shape:		
º
filterConst*
dtype0*›
value‘BŽ"x¿~K>£P;á¸Õ¾ë—N¾ ¿\§›¾ýA?%Ü_¾¤/K>¹<Ï½‡«·=kk¦>P|;Œæ~¾t'^?.¥?ÁT½	Tà<c<ª½z·É¾¯‰<»h¾GV:¾ýv/¾w,á=Ñ/¿ÔD¶¾Sq4¿n ¾2á	¾
[
opDepthwiseConv2dNativeinputfilter*
T0*
paddingSAME*
strides
